package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.regression.generate.GeneratedDataset;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import io.github.sparkbatchnorm.regression.generate.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Generated data in a format. Text holds floats as doubles: read as these, shorter text would be other numbers. */
final class GeneratedOutput {
    private static final String CSV = "csv";
    private static final String JSON = "json";

    /** The kinds that a format gives back as they were; those that are not here hold all, as far as is known. */
    private static final Map<String, List<Kind>> HELD = Map.of(
            CSV,
            List.of(Kind.COLUMNS),
            JSON,
            List.of(Kind.ARRAY, Kind.NESTED, Kind.COLUMNS),
            "orc",
            List.of(Kind.ARRAY, Kind.NESTED, Kind.BINARY, Kind.COLUMNS));

    private final GeneratorOptions options;
    private final OutputWriter writer;

    /**
     * Creates an output.
     *
     * @param format null for parquet
     * @throws UsageException if the format does not hold such data, so that it could be read again
     */
    GeneratedOutput(GeneratorOptions options, @Nullable String format) {
        this.options = options;
        writer = new OutputWriter(format == null ? "parquet" : format, Map.of());
        List<Kind> held = HELD.getOrDefault(writer.format().toLowerCase(Locale.ROOT), List.of(Kind.values()));
        if (!held.contains(options.kind())) {
            throw new UsageException("--output-format " + writer.format() + " does not hold --kind "
                    + GeneratorOptions.word(options.kind()) + " so that it could be read again; give --kind "
                    + String.join(
                            " or ", held.stream().map(GeneratorOptions::word).toList())
                    + ", or --output-format parquet, which holds all kinds");
        }
        if (is(JSON) && options.nonFiniteEvery() > 0) {
            throw new UsageException("--output-format json has no numbers for NaN and infinities; leave"
                    + " --non-finite-every away, or give --output-format parquet or orc");
        }
    }

    private boolean is(String format) {
        return writer.format().equalsIgnoreCase(format);
    }

    String format() {
        return writer.format();
    }

    /** The names of the tensors' columns, and those beside them; many are shortened. */
    String columns() {
        List<String> names = new ArrayList<>(List.of("id"));
        names.add(shortened(GeneratedDataset.columns(options)));
        if (options.batches() > 0) {
            names.add("batch");
        }
        if (options.gradients()) {
            names.add(shortened(GeneratedDataset.gradientColumns(options)));
        }
        return String.join(", ", names);
    }

    private static String shortened(List<String> names) {
        return names.size() <= 2 ? String.join(", ", names) : names.get(0) + " to " + names.get(names.size() - 1);
    }

    /** Writes the data to a folder that does not exist yet. */
    void write(SparkSession session, Path folder) {
        List<String> tensors = new ArrayList<>(GeneratedDataset.columns(options));
        if (options.gradients()) {
            tensors.addAll(GeneratedDataset.gradientColumns(options));
        }
        Dataset<Row> data = GeneratedDataset.of(session, options);
        writer.write(is(CSV) || is(JSON) ? data.to(asDoubles(data.schema())) : data, tensors, folder);
    }

    private static StructType asDoubles(StructType schema) {
        StructField[] fields = schema.fields();
        for (int i = 0; i < fields.length; i++) {
            fields[i] = DataTypes.createStructField(
                    fields[i].name(), asDoubles(fields[i].dataType()), fields[i].nullable());
        }
        return DataTypes.createStructType(fields);
    }

    private static DataType asDoubles(DataType type) {
        if (type instanceof ArrayType array) {
            return DataTypes.createArrayType(asDoubles(array.elementType()), array.containsNull());
        }
        return type.equals(DataTypes.FloatType) ? DataTypes.DoubleType : type;
    }
}
