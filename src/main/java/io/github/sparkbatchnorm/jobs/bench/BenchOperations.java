package io.github.sparkbatchnorm.jobs.bench;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.ml.functions.vector_to_array;

import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.scan.StatisticsPass;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.NormalizedDataset;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** What {@code bench} times on a data set: ours and the peers, which read and write the same columns. */
final class BenchOperations {
    static final String SCAN = "scan";
    static final String STATS = "stats";
    static final String FIT = "fit";
    static final String COPY = "copy";
    static final String EVAL = "normalize eval";
    static final String TRAIN = "normalize train";
    static final String SCALER_FIT = "StandardScaler.fit";
    static final String SCALER_TRANSFORM = "StandardScalerModel.transform";
    static final String SQL = "SQL avg, var_pop";
    static final String ORDERED = "stats, 1,000 batches in order";
    static final String INTERLEAVED = "stats, 1,000 batches interleaved";
    static final String STATS_TWICE = "stats, 2x rows";
    static final String TRAIN_TWICE = "normalize train, 2x rows";

    private static final String OUTPUT = BenchData.TENSOR + "_normalized";
    private static final String VECTOR = "vector";
    private static final String SCALED = "scaled";

    private final BenchData made;
    private final Dataset<Row> data;
    private final Path output;
    private final List<String> written;
    private final BatchNormState state;
    /** A sample in place of normalized ones, where what there is is of another type. */
    private final double[] constant;

    /** @param output a folder that each operation may replace */
    BenchOperations(BenchData made, Dataset<Row> data, Path output) {
        this.made = made;
        this.data = data;
        this.output = output;
        this.written = made.kind() == BenchData.Kind.COLUMNS ? made.columns() : List.of(OUTPUT);
        this.state = afterFit(statistics(data, null));
        this.constant = new Random(0)
                .ints(made.length(), 0, 256)
                .mapToDouble(v -> v / 74.0 - 1.7)
                .toArray();
    }

    /**
     * Those that only read, in the order of a round.
     *
     * @param twice the same data with twice as many rows; null where these are not timed
     */
    Map<String, Runnable> reads(@Nullable Dataset<Row> twice) {
        Map<String, Runnable> reads = new LinkedHashMap<>();
        Column[] tensor = made.columns().stream().map(data::col).toArray(Column[]::new);
        reads.put(SCAN, () -> data.select(tensor)
                .write()
                .format("noop")
                .mode("overwrite")
                .save());
        reads.put(STATS, () -> statistics(data, null));
        reads.put(FIT, () -> afterFit(statistics(data, null)));
        if (made.kind() == BenchData.Kind.COLUMNS) {
            reads.put(SQL, this::aggregate);
        }
        if (hasVectors()) {
            reads.put(SCALER_FIT, () -> scaler().fit(vectors()));
        }
        if (twice != null) {
            reads.put(ORDERED, () -> statistics(data, BenchData.ORDERED));
            reads.put(INTERLEAVED, () -> statistics(data, BenchData.INTERLEAVED));
            reads.put(STATS_TWICE, () -> statistics(twice, null));
        }
        return reads;
    }

    /** Those that write, as {@link #reads}. */
    Map<String, Runnable> writes(@Nullable Dataset<Row> twice) {
        Map<String, Runnable> writes = new LinkedHashMap<>();
        writes.put(COPY, () -> writeAsSpark(copy()));
        writes.put(EVAL, this::evaluate);
        writes.put(TRAIN, () -> train(data));
        if (hasVectors()) {
            StandardScalerModel model = scaler().fit(vectors());
            writes.put(SCALER_TRANSFORM, () -> transform(model));
        }
        if (twice != null) {
            writes.put(TRAIN_TWICE, () -> train(twice));
        }
        return writes;
    }

    private DatasetStatistics statistics(Dataset<Row> of, @Nullable String batchColumn) {
        return StatisticsPass.run(of, tensor(of, batchColumn), NonFinitePolicy.PROPAGATE, 0);
    }

    private TensorColumn tensor(Dataset<Row> of, @Nullable String batchColumn) {
        return TensorColumn.of(of.schema(), made.options(batchColumn));
    }

    private static BatchNormState afterFit(DatasetStatistics statistics) {
        return BatchNormState.initial(statistics.channels(), BatchNormConfig.DEFAULT)
                .afterBatches(List.of(statistics.batches().get(0).statistics()), NonFinitePolicy.PROPAGATE);
    }

    private void evaluate() {
        try (NormalizedDataset normalized = NormalizedDataset.withRunningStatistics(
                data, tensor(data, null), state, NonFinitePolicy.PROPAGATE, OUTPUT)) {
            write(normalized.dataset());
        }
    }

    private void train(Dataset<Row> of) {
        DatasetStatistics statistics = statistics(of, null);
        try (NormalizedDataset normalized = NormalizedDataset.withBatchStatistics(
                of, tensor(of, null), statistics, state, NonFinitePolicy.PROPAGATE, OUTPUT)) {
            write(normalized.dataset());
        }
    }

    /** The columns that normalizing writes, with values of the same type and number that are there already. */
    private Dataset<Row> copy() {
        return switch (made.kind()) {
            case COLUMNS -> data;
            case IMAGE -> data.withColumn(OUTPUT, functions.lit(constant)); // an image's values come out as doubles
            case SPARSE_VECTOR -> data.withColumn(OUTPUT, array_to_vector(functions.lit(constant))); // as dense ones
            default -> data.withColumn(OUTPUT, data.col(BenchData.TENSOR));
        };
    }

    private void write(Dataset<Row> result) {
        new OutputWriter("parquet", Map.of()).write(result, written, output);
    }

    /** What the peers write with: Spark's own writer, with the same settings. */
    private void writeAsSpark(Dataset<Row> result) {
        new OutputWriter("parquet", Map.of()).sparks(result, written).save(output.toString());
    }

    private void aggregate() {
        List<Column> columns = new ArrayList<>();
        for (String name : made.columns()) {
            columns.add(functions.avg(name));
            columns.add(functions.var_pop(name));
        }
        data.agg(columns.get(0), columns.subList(1, columns.size()).toArray(Column[]::new))
                .head();
    }

    private boolean hasVectors() {
        return made.shape().size() == 1 && made.kind() != BenchData.Kind.COLUMNS;
    }

    private Dataset<Row> vectors() {
        Column x = data.col(BenchData.TENSOR);
        return data.withColumn(
                VECTOR,
                switch (made.kind()) {
                    case DENSE_VECTOR, SPARSE_VECTOR -> x;
                    case BINARY -> functions
                            .udf((UDF1<byte[], Vector>) BenchOperations::toVector, SQLDataTypes.VectorType())
                            .apply(x);
                    default -> array_to_vector(x);
                });
    }

    /** What users write where tensors are binary: Spark has no function for it. */
    private static Vector toVector(byte[] bytes) {
        FloatBuffer floats =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        double[] values = new double[floats.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats.get(i);
        }
        return Vectors.dense(values);
    }

    private static byte[] toBytes(Vector vector) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : vector.toArray()) {
            bytes.putFloat((float) value);
        }
        return bytes.array();
    }

    private static StandardScaler scaler() {
        return new StandardScaler().setInputCol(VECTOR).setOutputCol(SCALED).setWithMean(true);
    }

    private void transform(StandardScalerModel model) {
        Column scaled = new Column(SCALED);
        Column result =
                switch (made.kind()) {
                    case DENSE_VECTOR, SPARSE_VECTOR -> scaled;
                    case BINARY -> functions
                            .udf((UDF1<Vector, byte[]>) BenchOperations::toBytes, DataTypes.BinaryType)
                            .apply(scaled);
                    case FLOATS -> vector_to_array(scaled, "float32");
                    default -> vector_to_array(scaled, "float64");
                };
        writeAsSpark(model.transform(vectors()).withColumn(OUTPUT, result).drop(VECTOR, SCALED));
    }
}
