package io.github.sparkbatchnorm.regression.generate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** Reads rows as the generator makes them, without a session. */
final class GeneratedValues {
    private GeneratedValues() {}

    static List<Row> rows(GeneratorOptions options) {
        return rows(options, 0, options.rows());
    }

    static List<Row> rows(GeneratorOptions options, long from, long to) {
        List<Row> rows = new ArrayList<>();
        new GeneratedRows(options, from, to).forEachRemaining(rows::add);
        return rows;
    }

    /** The values of x in a row, flat in C order; null for a null sample. */
    static double @Nullable [] x(Row row, GeneratorOptions options) {
        return sample(row, 1, options);
    }

    /** The values of dy in a row. */
    static double @Nullable [] dy(Row row, GeneratorOptions options) {
        return sample(row, row.size() - SampleCells.of(options, "dy").width(), options);
    }

    private static double @Nullable [] sample(Row row, int at, GeneratorOptions options) {
        if (row.isNullAt(at)) {
            return null;
        }
        List<Double> values = new ArrayList<>();
        if (options.kind() == Kind.COLUMNS) {
            for (int c = 0; c < options.shape().channels(); c++) {
                add(row.get(at + c), values);
            }
        } else if (row.get(at) instanceof byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            while (buffer.hasRemaining()) {
                boolean floats = bytes.length == options.shape().length() * Float.BYTES;
                values.add(floats ? (double) buffer.getFloat() : buffer.getDouble());
            }
        } else {
            add(row.get(at), values);
        }
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static void add(Object value, List<Double> values) {
        if (value instanceof Object[] array) {
            for (Object element : array) {
                add(element, values);
            }
        } else if (value instanceof Vector vector) {
            for (double element : vector.toArray()) {
                values.add(element);
            }
        } else {
            values.add(((Number) value).doubleValue());
        }
    }

    static long batch(Row row, GeneratorOptions options) {
        return options.batches() == 0
                ? 0
                : row.getLong(1 + SampleCells.of(options, "x").width());
    }
}
