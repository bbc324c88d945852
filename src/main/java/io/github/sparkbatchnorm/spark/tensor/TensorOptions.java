package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which columns of a data set are a tensor, and how they are read. Immutable: each {@code with} method makes a copy.
 *
 * <p>The tensor is one column of samples ({@link #column}) or several numeric columns with a channel each
 * ({@link #channelColumns}). A column of samples holds arrays of floats, doubles, integers or booleans, flat in C order
 * or nested two to four deep; Spark ML vectors, dense or sparse; binary, raw little-endian numbers; or images of
 * Spark's {@code image} source.
 *
 * <p>By default the shape of a sample is {@code [C]}, of the only length found, or that of the nested arrays or images,
 * channels first (images: last); nulls are an error; all rows are one global batch.
 */
public final class TensorOptions implements Serializable {
    private static final long serialVersionUID = 1L;

    private final List<String> columns;
    private final boolean channelPerColumn;
    private final @Nullable SampleShape shape;
    private final @Nullable Layout layout;
    private final @Nullable Dtype dtype;
    private final @Nullable BatchNormModule module;
    private final HandleInvalid handleInvalid;
    private final @Nullable String batchColumn;

    private TensorOptions(
            List<String> columns,
            boolean channelPerColumn,
            @Nullable SampleShape shape,
            @Nullable Layout layout,
            @Nullable Dtype dtype,
            @Nullable BatchNormModule module,
            HandleInvalid handleInvalid,
            @Nullable String batchColumn) {
        if (shape != null && layout != null && shape.layout() != layout) {
            throw new IllegalArgumentException(
                    "shape " + shape + " is " + shape.layout() + " and layout " + layout + "; expected one layout");
        }
        this.columns = List.copyOf(columns);
        this.channelPerColumn = channelPerColumn;
        this.shape = shape;
        this.layout = layout;
        this.dtype = dtype;
        this.module = module;
        this.handleInvalid = handleInvalid;
        this.batchColumn = batchColumn;
    }

    /**
     * {@return options for one column of samples}
     *
     * @param name of the column; {@code s.x} is the field x of a struct s, and a name in backquotes is taken as it
     *     stands
     */
    public static TensorOptions column(String name) {
        return new TensorOptions(List.of(name), false, null, null, null, null, HandleInvalid.ERROR, null);
    }

    /**
     * {@return options for numeric columns that are a channel each}
     *
     * @param names of the columns, in the order of the channels; as in {@link #column}
     * @throws IllegalArgumentException if there is none
     */
    public static TensorOptions channelColumns(List<String> names) {
        if (names.isEmpty()) {
            throw new IllegalArgumentException("no channel columns; expected one or more");
        }
        return new TensorOptions(names, true, null, null, null, null, HandleInvalid.ERROR, null);
    }

    /**
     * {@return these options with a shape}
     *
     * @param newShape that each sample has
     * @throws IllegalArgumentException if a layout is set, and is another one
     */
    public TensorOptions withShape(SampleShape newShape) {
        return new TensorOptions(
                columns, channelPerColumn, newShape, layout, dtype, module, handleInvalid, batchColumn);
    }

    /**
     * {@return these options with a layout} It is needed for nested arrays whose channels come last; a shape has a
     * layout of its own.
     *
     * @param newLayout the place of C among the axes
     * @throws IllegalArgumentException if a shape is set, and has another layout
     */
    public TensorOptions withLayout(Layout newLayout) {
        return new TensorOptions(
                columns, channelPerColumn, shape, newLayout, dtype, module, handleInvalid, batchColumn);
    }

    /**
     * {@return these options with the type of the numbers in a binary column} It is float32 unless set.
     *
     * @param newDtype little-endian
     */
    public TensorOptions withDtype(Dtype newDtype) {
        return new TensorOptions(
                columns, channelPerColumn, shape, layout, newDtype, module, handleInvalid, batchColumn);
    }

    /**
     * {@return these options with a module} It checks the number of axes of a sample.
     *
     * @param newModule takes the samples
     */
    public TensorOptions withModule(BatchNormModule newModule) {
        return new TensorOptions(
                columns, channelPerColumn, shape, layout, dtype, newModule, handleInvalid, batchColumn);
    }

    /**
     * {@return these options with a policy for nulls}
     *
     * @param policy for null samples and null elements
     */
    public TensorOptions withHandleInvalid(HandleInvalid policy) {
        return new TensorOptions(columns, channelPerColumn, shape, layout, dtype, module, policy, batchColumn);
    }

    /**
     * {@return these options with a batch column} Rows with the same value in it are one global batch.
     *
     * @param name of a column of integers, strings, dates or timestamps; as in {@link #column}
     */
    public TensorOptions withBatchColumn(String name) {
        return new TensorOptions(columns, channelPerColumn, shape, layout, dtype, module, handleInvalid, name);
    }

    /** {@return the name of the column of samples, or the names of the channel columns} */
    public List<String> columns() {
        return columns;
    }

    /** {@return whether each column is a channel} */
    public boolean isChannelPerColumn() {
        return channelPerColumn;
    }

    /** {@return the shape of each sample; empty if the data tells it} */
    public Optional<SampleShape> shape() {
        return Optional.ofNullable(shape);
    }

    /** {@return the place of C among the axes, of the shape or as it is set; empty if neither tells} */
    public Optional<Layout> layout() {
        return Optional.ofNullable(shape == null ? layout : shape.layout());
    }

    /** {@return the type of the numbers in a binary column; empty if it is not set} */
    public Optional<Dtype> dtype() {
        return Optional.ofNullable(dtype);
    }

    /** {@return the module that checks the number of axes; empty for any number} */
    public Optional<BatchNormModule> module() {
        return Optional.ofNullable(module);
    }

    /** {@return the policy for nulls} */
    public HandleInvalid handleInvalid() {
        return handleInvalid;
    }

    /** {@return the name of the batch column; empty if all rows are one batch} */
    public Optional<String> batchColumn() {
        return Optional.ofNullable(batchColumn);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorOptions that
                && columns.equals(that.columns)
                && channelPerColumn == that.channelPerColumn
                && Objects.equals(shape, that.shape)
                && layout().equals(that.layout())
                && dtype == that.dtype
                && module == that.module
                && handleInvalid == that.handleInvalid
                && Objects.equals(batchColumn, that.batchColumn);
    }

    @Override
    public int hashCode() {
        return Objects.hash(columns, channelPerColumn, shape, batchColumn);
    }

    @Override
    public String toString() {
        return "TensorOptions" + columns;
    }
}
