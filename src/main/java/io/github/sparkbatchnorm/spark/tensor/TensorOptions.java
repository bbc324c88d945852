package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.layer.BatchNormModule;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How columns are read as a tensor.
 *
 * @param columns the tensor column, or the channel columns
 * @param channelPerColumn whether each of the columns is a channel of a sample of shape {@code [C]}
 * @param shape the lengths of the axes of a sample in the order in which it is stored; null to take them from the data
 * @param channelsLast whether C is the last axis
 * @param binaryFloat64 whether a binary column holds little-endian float64 rather than float32; null for float32
 * @param module checks the rank of a sample; null for any of 1 to 4
 * @param handleInvalid what to do with nulls
 * @param batchColumn the column whose values tell the global batches apart; null for a single one
 */
public record TensorOptions(
        List<String> columns,
        boolean channelPerColumn,
        @Nullable List<Integer> shape,
        boolean channelsLast,
        @Nullable Boolean binaryFloat64,
        @Nullable BatchNormModule module,
        HandleInvalid handleInvalid,
        @Nullable String batchColumn)
        implements Serializable {
    /**
     * Copies the lists.
     *
     * @param columns one or more
     * @param channelPerColumn either
     * @param shape 1 to 4 lengths, or null
     * @param channelsLast either
     * @param binaryFloat64 either, or null
     * @param module any, or null
     * @param handleInvalid any
     * @param batchColumn one that is not among the columns, or null
     */
    public TensorOptions {
        columns = List.copyOf(columns);
        shape = shape == null ? null : List.copyOf(shape);
    }

    /** How the columns of gradients are read that go with a tensor read by these options. */
    TensorOptions ofGradients(List<String> names) {
        return new TensorOptions(names, channelPerColumn, null, channelsLast, binaryFloat64, null, handleInvalid, null);
    }

    /**
     * {@return options for a column of samples whose shape is in the data; nulls are an error, all rows are one batch}
     *
     * @param name of the column
     */
    public static TensorOptions column(String name) {
        return new TensorOptions(List.of(name), false, null, false, null, null, HandleInvalid.ERROR, null);
    }

    /**
     * {@return options for columns that are a channel each; nulls are an error, all rows are one batch}
     *
     * @param names of the columns, in the order of the channels
     */
    public static TensorOptions channelColumns(List<String> names) {
        return new TensorOptions(names, true, null, false, null, null, HandleInvalid.ERROR, null);
    }
}
