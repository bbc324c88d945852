package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.generate.GeneratedDataset;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import io.github.sparkbatchnorm.regression.generate.Kind;
import io.github.sparkbatchnorm.regression.rows.TensorColumns;
import io.github.sparkbatchnorm.regression.suite.SuiteCase;
import io.github.sparkbatchnorm.spark.TensorDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** The data of a case of a suite: generated, and written to the folder of the case. */
final class GeneratedCase {
    private final SparkSession session;
    private final SuiteCase suiteCase;
    private final GeneratorOptions options;
    private final Path folder;

    GeneratedCase(SparkSession session, SuiteCase suiteCase, GeneratorOptions options, Path folder) {
        this.session = session;
        this.suiteCase = suiteCase;
        this.options = options;
        this.folder = folder;
    }

    /** Writes the data. */
    CaseData write() {
        String path = write(GeneratedDataset.of(session, options), "parquet");
        boolean columns = options.kind() == Kind.COLUMNS;
        List<String> x = GeneratedDataset.columns(options);
        List<String> dy = GeneratedDataset.gradientColumns(options);
        Dtype dtype = options.kind() == Kind.BINARY ? options.dtype() : null;
        return new CaseData(
                arguments(path, "parquet"),
                columns ? List.of("--grad-columns", String.join(",", dy)) : List.of("--grad-column", dy.get(0)),
                session.read().parquet(path),
                GeneratedDataset.tensorOptions(options),
                new TensorColumns(columns ? copies(x) : x, columns, false, dtype),
                new TensorColumns(columns ? copies(dy) : dy, columns, false, dtype),
                columns
                        ? new CaseData.Results(
                                x, x.stream().map(name -> "dx_" + name).toList())
                        : new CaseData.Results(List.of(CaseData.RESULT), List.of(CaseData.RESULT)));
    }

    private static List<String> copies(List<String> columns) {
        return columns.stream().map(name -> CaseData.COPIES + "." + name).toList();
    }

    private String write(Dataset<Row> data, String format) {
        String path = new Path(folder, "data-" + format).toString();
        Dataset<Row> written = data;
        if (options.kind() == Kind.COLUMNS) {
            List<String> copied = new ArrayList<>(GeneratedDataset.columns(options));
            copied.addAll(GeneratedDataset.gradientColumns(options));
            Column[] columns = copied.stream().map(functions::col).toArray(Column[]::new);
            // Normalized channel columns replace their input, which the comparison needs.
            written = data.withColumn(CaseData.COPIES, functions.struct(columns));
        }
        written.write().format(format).save(path);
        return path;
    }

    private List<String> arguments(String path, String format) {
        List<String> arguments = new ArrayList<>(List.of("--input", path, "--format", format));
        List<String> x = GeneratedDataset.columns(options);
        if (options.kind() == Kind.COLUMNS) {
            arguments.addAll(List.of("--columns", String.join(",", x)));
        } else {
            arguments.addAll(List.of("--column", x.get(0)));
        }
        if (options.kind() != Kind.COLUMNS && options.kind() != Kind.NESTED) {
            String shape = Arrays.stream(options.shape().dims())
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(","));
            arguments.addAll(List.of("--shape", shape));
        }
        if (options.kind() == Kind.BINARY) {
            arguments.addAll(List.of("--dtype", GeneratorOptions.word(options.dtype())));
        }
        if (options.batches() > 0) {
            arguments.addAll(List.of("--batch-column", "batch"));
        }
        if (options.nullEvery() > 0) {
            arguments.addAll(List.of("--handle-invalid", "skip"));
        }
        return arguments;
    }

    /** The digests of the same values in other partitions, kinds of columns and formats. */
    Map<String, Supplier<String>> otherDigests(CaseArtifacts artifacts, CaseData data) {
        Map<String, Supplier<String>> digests = new LinkedHashMap<>();
        digests.put("a second run", () -> artifacts.digest(data.arguments()));
        for (int partitions : suiteCase.samePartitions()) {
            digests.put(partitions + " partitions", () -> digest(options.withPartitions(partitions, 1)));
        }
        for (Kind kind : suiteCase.sameKinds()) {
            digests.put("kind " + GeneratorOptions.word(kind), () -> digest(options.withKind(kind)));
        }
        for (String format : suiteCase.sameFormats()) {
            digests.put("format " + format, () -> {
                String path = write(GeneratedDataset.of(session, options), format);
                return artifacts.digest(arguments(path, format));
            });
        }
        return digests;
    }

    private String digest(GeneratorOptions variant) {
        return TensorDataset.of(GeneratedDataset.of(session, variant), GeneratedDataset.tensorOptions(variant))
                .statistics()
                .digest();
    }
}
