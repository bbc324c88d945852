package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The tensor column, or the channel columns, of a schema: found and checked.
 *
 * <p>A column can be: an array of floats, doubles, integers or booleans, flat in C order; arrays nested two to four
 * deep; a Spark ML vector, dense or sparse; binary, raw little-endian float32 or float64; an image of Spark's
 * {@code image} source.
 */
public final class TensorColumn implements Serializable {
    private static final long serialVersionUID = 1L;

    private final List<ColumnPath> paths;
    private final TensorOptions options;
    private final TensorCodec codec;
    private final @Nullable ColumnPath batch;
    /** Names the columns in messages. */
    private final String description;

    private TensorColumn(
            List<ColumnPath> paths,
            TensorOptions options,
            TensorCodec codec,
            @Nullable ColumnPath batch,
            String description) {
        this.description = description;
        this.paths = List.copyOf(paths);
        this.options = options;
        this.codec = codec;
        this.batch = batch;
    }

    /**
     * {@return the columns of a schema that options name, checked}
     *
     * @param schema of the data
     * @param options which columns, and how they are read
     * @throws IllegalArgumentException if a column does not exist, or the module does not take the shape
     * @throws BatchNormException if a column's type cannot be a tensor, or cannot tell batches apart
     */
    public static TensorColumn of(StructType schema, TensorOptions options) {
        TensorColumn found = resolve(schema, options);
        if (options.dtype().isPresent() && !found.dataType().equals(DataTypes.BinaryType)) {
            throw new IllegalArgumentException(found.describe() + " is of type "
                    + found.dataType().simpleString() + ", and dtype says what a binary column holds: unset dtype");
        }
        return found;
    }

    private static TensorColumn resolve(StructType schema, TensorOptions options) {
        List<ColumnPath> paths = ColumnPath.findAll(schema, options.columns());
        Set<List<String>> seen = new HashSet<>();
        for (int c = 0; c < paths.size(); c++) {
            if (!seen.add(paths.get(c).parts())) {
                throw new IllegalArgumentException(
                        "column " + options.columns().get(c) + " is named twice; expected different columns");
            }
        }
        TensorCodec codec = TensorCodecs.of(paths, options);
        options.module().ifPresent(module -> checkRank(codec.rank(), module, options));
        ColumnPath batch =
                options.batchColumn().map(name -> batch(schema, name, paths)).orElse(null);
        List<String> names = paths.stream().map(ColumnPath::toString).toList();
        return new TensorColumn(paths, options, codec, batch, ColumnPath.describe(names));
    }

    private static void checkRank(int rank, BatchNormModule module, TensorOptions options) {
        if (!module.acceptsRank(rank)) {
            throw new IllegalArgumentException(String.format(
                    "%s: samples have %d %s; %s expects %s: set shape, or check module",
                    ColumnPath.describe(options.columns()), rank, rank == 1 ? "axis" : "axes", module, module.ranks()));
        }
    }

    private static ColumnPath batch(StructType schema, String name, List<ColumnPath> tensor) {
        ColumnPath batch = ColumnPath.find(schema, name);
        if (tensor.contains(batch)) {
            throw new IllegalArgumentException(
                    "batch column " + batch + " is also a tensor column; expected another one");
        }
        if (!BatchKey.accepts(batch.type())) {
            throw new BatchNormException("batch column " + batch + " is of type "
                    + batch.type().simpleString() + "; expected integer, string, date or timestamp: cast it");
        }
        return batch;
    }

    /**
     * {@return the column of a schema that a text names, or that the field it names is in; empty if it names none}
     *
     * @param schema of the data
     * @param text as in {@link TensorOptions#columns}
     */
    public static Optional<String> columnOf(StructType schema, String text) {
        try {
            return Optional.of(ColumnPath.find(schema, text).column());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * {@return the samples of an RDD, which are flat arrays of floats or doubles}
     *
     * @param name for messages
     * @param shape of each sample
     */
    public static TensorColumn ofArrays(String name, SampleShape shape) {
        return arrays(name, shape);
    }

    /**
     * {@return the gradients of samples of an RDD, which are arrays of the same length}
     *
     * @param name for messages
     */
    public TensorColumn gradientArrays(String name) {
        return arrays(name, null);
    }

    private static TensorColumn arrays(String name, @Nullable SampleShape shape) {
        ArrayType type = DataTypes.createArrayType(DataTypes.DoubleType);
        return new TensorColumn(
                List.of(ColumnPath.named(name, type)),
                TensorOptions.column(name),
                new ArrayCodec(type, shape),
                null,
                name);
    }

    /**
     * {@return the columns that hold the gradients of this tensor, checked: one column, flat or of the same axes, or a
     * column for each channel column}
     *
     * @param schema of the data
     * @param gradientNames of as many columns as the tensor has
     * @throws IllegalArgumentException if there is no such column, it is one of the tensor's, or there are not as many
     * @throws BatchNormException if a column's type cannot be a tensor
     */
    public TensorColumn gradients(StructType schema, List<String> gradientNames) {
        if (gradientNames.size() != paths.size()) {
            throw new IllegalArgumentException(gradientNames.size() + " gradient columns for " + paths.size() + " "
                    + (paths.size() == 1 ? "column" : "columns") + "; expected as many");
        }
        TensorColumn gradients = resolve(schema, gradientOptions(gradientNames));
        Set<ColumnPath> own = new HashSet<>(paths);
        for (ColumnPath path : gradients.paths) {
            if (own.contains(path) || path.equals(batch)) {
                throw new IllegalArgumentException(
                        "gradient column " + path + " is also the tensor's or the batch column; expected another one");
            }
        }
        return gradients;
    }

    private TensorOptions gradientOptions(List<String> names) {
        TensorOptions same =
                options.isChannelPerColumn() ? TensorOptions.channelColumns(names) : TensorOptions.column(names.get(0));
        TensorOptions read = same.withHandleInvalid(options.handleInvalid());
        read = options.layout().map(read::withLayout).orElse(read);
        return options.dtype().map(read::withDtype).orElse(read);
    }

    /**
     * {@return whether gradients have the shape of a sample, or only its length if this column is flat}
     *
     * @param gradients a sample of this column
     * @param x the values that they are the gradients of
     */
    public boolean fits(RowSample gradients, RowSample x) {
        return codec.isFlat()
                ? gradients.shape().length() == x.shape().length()
                : Arrays.equals(gradients.shape().dims(), x.shape().dims());
    }

    /**
     * Checks that a schema has no column of a name.
     *
     * @param schema of the data
     * @param name the name of a new column
     * @throws IllegalArgumentException if the schema has such a column, in upper or lower case
     */
    public static void requireNew(StructType schema, String name) {
        for (String column : schema.fieldNames()) {
            if (column.equalsIgnoreCase(name)) {
                throw new IllegalArgumentException(
                        "there is a column " + column + " already; expected a new name for the output");
            }
        }
    }

    /**
     * {@return the options, with the shape or the layout of the data that a state was fitted to, where they set none}
     *
     * @param fitted where the state comes from
     */
    public TensorOptions optionsOf(Provenance fitted) {
        Layout layout = fitted.layout();
        if (isChannelPerColumn() || layout == null || options.layout().orElse(layout) != layout) {
            return options;
        }
        if (isFlat()) {
            return fitted.shape() == null || options.shape().isPresent() ? options : options.withShape(fitted.shape());
        }
        return options.withLayout(layout);
    }

    /** {@return the texts that name the columns in {@link TensorOptions#columns}} */
    public List<String> names() {
        return paths.stream().map(ColumnPath::toString).toList();
    }

    /** {@return the names of the columns, without those of the structs that they are fields of} */
    public List<String> lastNames() {
        return paths.stream().map(ColumnPath::lastName).toList();
    }

    /**
     * {@return the names of the columns that hold the output} These are the output column, or the channel columns,
     * which are replaced; a field x of a struct gets a new column, such as {@code x_normalized}.
     *
     * @param schema of the data
     * @param outputColumn unused with channel columns
     * @param suffix of the new column of a field, such as {@code _normalized}
     * @throws IllegalArgumentException if there is a column of a name that is to be new, or two would have one name
     */
    public List<String> outputNames(StructType schema, String outputColumn, String suffix) {
        if (!options.isChannelPerColumn()) {
            return List.of(outputColumn);
        }
        List<String> normalized = new ArrayList<>();
        for (ColumnPath path : paths) {
            String name = path.isColumn() ? path.column() : path.lastName() + suffix;
            if (!path.isColumn()) {
                requireNew(schema, name);
            }
            normalized.add(name);
        }
        requireDistinct(normalized);
        return normalized;
    }

    /**
     * Checks that the names of new columns differ.
     *
     * @param names the names of the new columns
     * @throws IllegalArgumentException if two of them are equal
     */
    public static void requireDistinct(List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new IllegalArgumentException(
                        "two columns of the result would be " + name + "; expected fields with names of their own");
            }
        }
    }

    /** {@return the type of the tensor column, or of the first channel column} */
    public DataType dataType() {
        return paths.get(0).type();
    }

    /** {@return the tensor column, or the channel columns in the order of the channels} */
    public List<ColumnPath> paths() {
        return paths;
    }

    /** {@return whether each column is a channel} */
    public boolean isChannelPerColumn() {
        return options.isChannelPerColumn();
    }

    /** {@return C if the schema, the options or the attributes of a vector column tell it; else empty} */
    public OptionalInt knownChannels() {
        return codec.knownChannels();
    }

    /**
     * {@return the name of a channel's column, or the channel's number if all are in one column}
     *
     * @param channel 0 to C-1
     */
    public String channelName(int channel) {
        return options.isChannelPerColumn() ? paths.get(channel).toString() : Integer.toString(channel);
    }

    /** {@return the columns in words: {@code column x}, {@code columns a, b}, or the name of an RDD's arrays} */
    public String describe() {
        return description;
    }

    /** {@return whether samples are stored flat, so that they tell no axes} */
    public boolean isFlat() {
        return codec.isFlat();
    }

    /** {@return the place of the channels in a sample; channels first where nothing tells} */
    public Layout layout() {
        return codec.layout();
    }

    /**
     * {@return the shape of samples; null where their sizes differ}
     *
     * @param size that all samples of the data have; null if there is none, or they differ
     */
    public @Nullable SampleShape shapeOf(@Nullable SampleSize size) {
        return codec.shapeOf(size);
    }

    /** {@return float32 if all values are floats, else float64} */
    public Dtype dtype() {
        return isFloat(codec.outputType()) ? Dtype.FLOAT32 : Dtype.FLOAT64;
    }

    private boolean isFloat(DataType type) {
        if (type instanceof ArrayType array) {
            return isFloat(array.elementType());
        } else if (type instanceof StructType struct) {
            return Arrays.stream(struct.fields()).allMatch(field -> isFloat(field.dataType()));
        }
        return type.equals(DataTypes.FloatType)
                || (type.equals(DataTypes.BinaryType) && options.dtype().orElse(Dtype.FLOAT32) == Dtype.FLOAT32);
    }

    /** {@return the codec that reads samples and makes output values} */
    public TensorCodec codec() {
        return codec;
    }

    /** {@return the policy for nulls} */
    public HandleInvalid handleInvalid() {
        return options.handleInvalid();
    }

    /** {@return whether rows with nulls are dropped} */
    public boolean dropsInvalid() {
        return options.handleInvalid() == HandleInvalid.SKIP;
    }

    /** {@return whether a column tells global batches apart} */
    public boolean hasBatches() {
        return batch != null;
    }

    /** {@return the type of the column that tells global batches apart; {@code void} without one} */
    public DataType batchType() {
        return batch == null ? DataTypes.NullType : batch.type();
    }

    /** {@return the size that each sample must have; null for any one} */
    public @Nullable SampleSize expectedSize() {
        return codec.expectedSize();
    }

    /** {@return the shape that each sample must have, by the options or the columns; null if each row tells its own} */
    public @Nullable SampleShape expectedShape() {
        return codec.knownShape();
    }

    /** {@return the batch column; null without one} */
    public @Nullable ColumnPath batch() {
        return batch;
    }
}
