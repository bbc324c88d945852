package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.rows.TensorColumns;
import io.github.sparkbatchnorm.spark.TensorBackward;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * The user's own data.
 *
 * @param tensor the data set and its tensor
 * @param options of the tensor
 * @param gradients texts that name the columns of gradients; empty without
 * @param input the options of jobs that name the input
 * @param columns the options of jobs that describe the tensor
 */
public record OwnCase(
        TensorDataset tensor, TensorOptions options, List<String> gradients, List<String> input, List<String> columns) {

    /** Copies the lists. */
    public OwnCase {
        gradients = List.copyOf(gradients);
        input = List.copyOf(input);
        columns = List.copyOf(columns);
    }

    /** How jobs and references read the data; channel columns are copied to a folder first. */
    CaseData data(Path folder) {
        boolean perColumn = options.isChannelPerColumn();
        List<String> y = tensor.normalizedColumns(CaseData.RESULT);
        List<String> dx = new ArrayList<>();
        if (!gradients.isEmpty()) {
            TensorBackward backward = tensor.backward(gradients);
            dx.addAll(backward.outputColumns(perColumn ? "dx" : CaseData.RESULT));
        }
        CaseData.Results results = new CaseData.Results(y, dx);
        List<String> gradientArguments = gradients.isEmpty()
                ? List.of()
                : List.of(perColumn ? "--grad-columns" : "--grad-column", String.join(",", gradients));
        List<String> arguments = new ArrayList<>(perColumn ? copy(folder) : input);
        arguments.addAll(columns);
        Dataset<Row> rows = perColumn ? tensor.data().sparkSession().read().parquet(copyPath(folder)) : tensor.data();
        StructType schema = rows.schema();
        return new CaseData(
                arguments,
                gradientArguments,
                rows,
                options,
                perColumn ? copies("x", options.columns()) : columns(schema, options.columns()),
                gradients.isEmpty() ? null : perColumn ? copies("dy", gradients) : columns(schema, gradients),
                results);
    }

    private TensorColumns columns(StructType schema, List<String> names) {
        boolean last = options.layout().orElse(Layout.CHANNELS_FIRST) == Layout.CHANNELS_LAST
                || options.shape().map(shape -> shape.isChannelsLast()).orElse(false);
        Dtype dtype = options.dtype().orElse(null);
        return new TensorColumns(
                names.stream().map(name -> CaseData.forSpark(schema, name)).toList(), false, last, dtype);
    }

    private static TensorColumns copies(String prefix, List<String> names) {
        List<String> copies = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            copies.add(CaseData.COPIES + "." + prefix + i);
        }
        return new TensorColumns(copies, true, false, null);
    }

    private static String copyPath(Path folder) {
        return new Path(folder, "data").toString();
    }

    /** Writes the data with copies of the channel columns, which outputs replace. */
    private List<String> copy(Path folder) {
        Dataset<Row> data = tensor.data();
        List<Column> copied = new ArrayList<>();
        add("x", options.columns(), data.schema(), copied);
        add("dy", gradients, data.schema(), copied);
        data.withColumn(CaseData.COPIES, functions.struct(copied.toArray(Column[]::new)))
                .write()
                .parquet(copyPath(folder));
        return List.of("--input", copyPath(folder), "--format", "parquet");
    }

    private static void add(String prefix, List<String> names, StructType schema, List<Column> columns) {
        for (int i = 0; i < names.size(); i++) {
            columns.add(functions.col(CaseData.forSpark(schema, names.get(i))).as(prefix + i));
        }
    }

    /** The digests of the same values in other partitions. */
    Map<String, Supplier<String>> otherDigests(CaseArtifacts artifacts, CaseData data) {
        Map<String, Supplier<String>> digests = new LinkedHashMap<>();
        digests.put("a second run", () -> artifacts.digest(data.arguments()));
        int partitions = 2 * data.rows().sparkSession().sparkContext().defaultParallelism() + 1;
        digests.put(
                partitions + " partitions", () -> TensorDataset.of(data.rows().repartition(partitions), options)
                        .statistics()
                        .digest());
        return digests;
    }
}
