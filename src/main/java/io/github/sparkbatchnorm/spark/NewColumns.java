package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The names of output columns, checked against the columns of the data. */
final class NewColumns {
    static final String NORMALIZED = "_normalized";
    static final String DENORMALIZED = "_denormalized";

    private NewColumns() {}

    /**
     * The columns of an output: one to add, or the channel columns.
     *
     * @param suffix of the new columns of fields
     */
    static List<String> ofOutput(Dataset<Row> data, TensorColumn tensor, String name, String suffix) {
        if (!tensor.isChannelPerColumn()) {
            requireNew(data, name);
        }
        return tensor.outputNames(data.schema(), name, suffix);
    }

    /** The columns of gradients, all new: one, or {@code NAME_A} for each channel column A. */
    static List<String> ofGradients(Dataset<Row> data, TensorColumn tensor, String name) {
        if (!tensor.isChannelPerColumn()) {
            requireNew(data, name);
            return List.of(name);
        }
        List<String> names =
                tensor.lastNames().stream().map(last -> name + "_" + last).toList();
        names.forEach(each -> requireNew(data, each, "rename it"));
        TensorColumn.requireDistinct(names);
        return names;
    }

    /** Checks a column that the caller names. */
    static void requireNew(Dataset<Row> data, String name) {
        requireNew(data, name, "set outputColumn to another name");
    }

    private static void requireNew(Dataset<Row> data, String name, String advice) {
        boolean caseSensitive =
                Boolean.parseBoolean(data.sparkSession().conf().get("spark.sql.caseSensitive", "false"));
        for (String column : data.columns()) {
            if (caseSensitive ? column.equals(name) : column.equalsIgnoreCase(name)) {
                throw new IllegalArgumentException("the input has a column " + column + " already; " + advice);
            }
        }
    }
}
