package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A tensor column, or channel columns, of a schema: resolved and checked.
 *
 * <p>A column can be: an array of floats, doubles, integers or booleans, flat in C order; arrays nested two to four
 * deep; a Spark ML vector, dense or sparse; binary, raw little-endian float32 or float64; an image of Spark's
 * {@code image} source.
 */
public final class TensorColumn implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int MAX_LISTED = 200;

    private final List<String> names;
    private final TensorOptions options;
    private final TensorCodec codec;
    private final @Nullable String batchColumn;
    private final DataType batchType;
    private final int attributeChannels;

    /** Names the columns in messages. */
    private final String description;

    private TensorColumn(
            List<String> names,
            TensorOptions options,
            TensorCodec codec,
            @Nullable StructField batch,
            int attributeChannels,
            String description) {
        this.description = description;
        this.names = List.copyOf(names);
        this.options = options;
        this.codec = codec;
        this.batchColumn = batch == null ? null : batch.name();
        this.batchType = batch == null ? DataTypes.NullType : batch.dataType();
        this.attributeChannels = attributeChannels;
    }

    /**
     * Finds the columns of a schema.
     *
     * @throws IllegalArgumentException if options and schema do not fit: a column that does not exist, a shape that the
     *     module does not take
     * @throws BatchNormException if a column's type cannot be a tensor, or cannot tell batches apart
     */
    public static TensorColumn of(StructType schema, TensorOptions options) {
        List<StructField> fields = new ArrayList<>();
        for (String column : options.columns()) {
            StructField field = field(schema, column);
            if (fields.contains(field)) {
                throw new IllegalArgumentException("column " + column + " is named twice; expected different columns");
            }
            fields.add(field);
        }
        TensorCodec codec = codec(fields, options);
        if (options.module() != null && !options.module().acceptsRank(codec.rank())) {
            throw new IllegalArgumentException(String.format(
                    "%s: samples have %d %s; %s expects %s: give another --module or --shape",
                    describe(options.columns()),
                    codec.rank(),
                    codec.rank() == 1 ? "axis" : "axes",
                    options.module(),
                    options.module().ranks()));
        }
        StructField batch = null;
        if (options.batchColumn() != null) {
            batch = field(schema, options.batchColumn());
            if (fields.contains(batch)) {
                throw new IllegalArgumentException(
                        "batch column " + batch.name() + " is also a tensor column; expected another one");
            }
            if (!BatchKey.accepts(batch.dataType())) {
                throw new BatchNormException("batch column " + batch.name() + " is of type "
                        + batch.dataType().simpleString() + "; expected integer, string, date or timestamp: cast it");
            }
        }
        int attributes = fields.get(0).dataType().equals(SQLDataTypes.VectorType())
                ? AttributeGroup.fromStructField(fields.get(0)).size()
                : -1;
        List<String> names = fields.stream().map(StructField::name).toList();
        return new TensorColumn(names, options, codec, batch, attributes, describe(names));
    }

    /** Samples of an RDD, which are flat arrays of floats or doubles of a shape. */
    static TensorColumn ofArrays(String name, SampleShape shape) {
        return arrays(name, shape);
    }

    /** The gradients of samples of an RDD, which are arrays of the same length. */
    TensorColumn gradientArrays(String name) {
        return arrays(name, null);
    }

    private static TensorColumn arrays(String name, @Nullable SampleShape shape) {
        ArrayCodec codec = new ArrayCodec(DataTypes.createArrayType(DataTypes.DoubleType), shape);
        return new TensorColumn(List.of(name), TensorOptions.column(name), codec, null, -1, name);
    }

    /**
     * The columns that hold the gradients of this tensor: one column, flat or of the same axes, or a column for each
     * channel column.
     *
     * @throws IllegalArgumentException if there is no such column, it is one of the tensor's, or there are not as many
     * @throws BatchNormException if a column's type cannot be a tensor
     */
    public TensorColumn gradients(StructType schema, List<String> gradientNames) {
        if (gradientNames.size() != names.size()) {
            throw new IllegalArgumentException(gradientNames.size() + " gradient columns for " + names.size() + " "
                    + (names.size() == 1 ? "column" : "columns") + "; expected as many");
        }
        TensorOptions gradientOptions = new TensorOptions(
                gradientNames,
                options.channelPerColumn(),
                null,
                options.channelsLast(),
                options.binaryFloat64(),
                null,
                options.handleInvalid(),
                null);
        TensorColumn gradients = of(schema, gradientOptions);
        for (String name : gradients.names) {
            if (names.contains(name) || name.equals(batchColumn)) {
                throw new IllegalArgumentException(
                        "gradient column " + name + " is also the tensor's or the batch column; expected another one");
            }
        }
        return gradients;
    }

    /** Whether gradients that this column holds can be those of a sample. */
    boolean fits(Sample gradients, Sample x) {
        return codec.isFlat()
                ? gradients.shape().length() == x.shape().length()
                : Arrays.equals(gradients.shape().dims(), x.shape().dims());
    }

    /** @throws IllegalArgumentException if a schema has a column of that name */
    static void requireNew(StructType schema, String name) {
        for (String column : schema.fieldNames()) {
            if (column.equalsIgnoreCase(name)) {
                throw new IllegalArgumentException(
                        "there is a column " + column + " already; expected a new name for the output");
            }
        }
    }

    private static StructField field(StructType schema, String name) {
        StructField[] found = Arrays.stream(schema.fields())
                .filter(f -> f.name().equals(name))
                .toArray(StructField[]::new);
        if (found.length == 0) {
            found = Arrays.stream(schema.fields())
                    .filter(f -> f.name().equalsIgnoreCase(name))
                    .toArray(StructField[]::new);
        }
        if (found.length != 1) {
            throw new IllegalArgumentException((found.length == 0 ? "no column " : found.length + " columns ") + name
                    + "; the columns are " + abbreviate(String.join(", ", schema.fieldNames())));
        }
        return found[0];
    }

    private static String abbreviate(String text) {
        return text.length() <= MAX_LISTED ? text : text.substring(0, MAX_LISTED) + "...";
    }

    private static TensorCodec codec(List<StructField> fields, TensorOptions options) {
        SampleShape shape = shape(options);
        if (options.channelPerColumn()) {
            for (StructField field : fields) {
                if (!NumericArrays.isNumeric(field.dataType())) {
                    throw unsupported(field, "a number or boolean");
                }
            }
            if (shape != null && (shape.rank() != 1 || shape.length() != fields.size())) {
                throw new IllegalArgumentException("shape " + shape + " for " + fields.size()
                        + " channel columns; expected [" + fields.size() + "], or no --shape");
            }
            StructType columns = new StructType(fields.toArray(StructField[]::new));
            return new ChannelColumnsCodec(columns, options.handleInvalid() == HandleInvalid.KEEP);
        }
        if (fields.size() != 1) {
            throw new IllegalArgumentException(fields.size() + " tensor columns; expected one");
        }
        StructField field = fields.get(0);
        DataType type = field.dataType();
        if (type.equals(SQLDataTypes.VectorType())) {
            return new VectorCodec(shape);
        } else if (type.equals(DataTypes.BinaryType)) {
            return new BinaryCodec(Boolean.TRUE.equals(options.binaryFloat64()), shape);
        } else if (ImageCodec.accepts(type)) {
            if (shape != null) {
                throw new IllegalArgumentException("column " + field.name()
                        + " holds images, which have a shape of their own; expected no --shape");
            }
            return new ImageCodec();
        } else if (type instanceof ArrayType array) {
            return arrayCodec(field, array, shape, options.channelsLast());
        }
        throw unsupported(field, "an array of numbers, a vector, binary or an image, or numeric columns by --columns");
    }

    private static TensorCodec arrayCodec(
            StructField field, ArrayType array, @Nullable SampleShape shape, boolean channelsLast) {
        int depth = 1;
        DataType element = array.elementType();
        while (element instanceof ArrayType inner) {
            element = inner.elementType();
            depth++;
        }
        if (!NumericArrays.isNumeric(element)) {
            throw unsupported(field, "an array of numbers");
        }
        if (depth > SampleShape.MAX_RANK) {
            throw unsupported(field, "at most " + SampleShape.MAX_RANK + " levels of arrays");
        }
        return depth == 1 ? new ArrayCodec(array, shape) : new NestedArrayCodec(array, shape, channelsLast);
    }

    private static @Nullable SampleShape shape(TensorOptions options) {
        if (options.shape() == null) {
            return null;
        }
        int[] dims = options.shape().stream().mapToInt(Integer::intValue).toArray();
        return options.channelsLast() ? SampleShape.channelsLast(dims) : SampleShape.channelsFirst(dims);
    }

    private static BatchNormException unsupported(StructField field, String expected) {
        DataType innermost = field.dataType();
        while (innermost instanceof ArrayType array) {
            innermost = array.elementType();
        }
        String advice = innermost instanceof DecimalType ? ": cast to double" : "";
        return new BatchNormException("column " + field.name() + " is of type "
                + field.dataType().simpleString() + "; expected " + expected + advice);
    }

    /** Names of the tensor column or the channel columns, as the schema has them. */
    public List<String> names() {
        return names;
    }

    /** Whether each column is a channel. */
    public boolean isChannelPerColumn() {
        return options.channelPerColumn();
    }

    /** C where schema, options or the attributes of a vector column tell it; 0 if only the rows do. */
    public int knownChannels() {
        SampleShape shape = codec.knownShape();
        return shape != null ? shape.channels() : Math.max(0, attributeChannels);
    }

    /** The name of a channel: of its column, else its number. */
    public String channelName(int channel) {
        return options.channelPerColumn() ? names.get(channel) : Integer.toString(channel);
    }

    /** {@code column x}, or {@code columns a, b, c}; what the arrays of an RDD are. */
    public String describe() {
        return description;
    }

    private static String describe(List<String> columns) {
        return columns.size() == 1 ? "column " + columns.get(0) : "columns " + abbreviate(String.join(", ", columns));
    }

    TensorCodec codec() {
        return codec;
    }

    boolean dropsInvalid() {
        return options.handleInvalid() == HandleInvalid.SKIP;
    }

    boolean hasBatches() {
        return batchColumn != null;
    }

    DataType batchType() {
        return batchType;
    }

    /** The size that each sample must have, null for any one. */
    @Nullable
    SampleSize expectedSize() {
        SampleShape shape = codec.knownShape();
        if (shape == null) {
            return null;
        }
        return codec instanceof NestedArrayCodec ? SampleSize.shape(shape.dims()) : SampleSize.length(shape.length());
    }

    /** Whether a row of that content is dropped. */
    boolean drops(Sample.Content content) {
        return options.handleInvalid() == HandleInvalid.SKIP
                && (content == Sample.Content.NULL
                        || content == Sample.Content.NULL_ELEMENT
                        || content == Sample.Content.NULL_CHANNEL);
    }

    /** What is wrong with a row of that content, null if nothing: it has values, or it is dropped or kept as it is. */
    Findings.@Nullable Defect defect(Sample.Content content) {
        if (drops(content) || (content == Sample.Content.NULL && options.handleInvalid() == HandleInvalid.KEEP)) {
            return null;
        }
        return switch (content) {
            case VALUES, WRONG_SIZE -> null;
            case NULL -> Findings.Defect.NULL_SAMPLE;
            case NULL_ELEMENT -> Findings.Defect.NULL_ELEMENT;
            case NULL_CHANNEL -> Findings.Defect.NULL_CHANNEL;
            case RAGGED -> Findings.Defect.RAGGED;
            case BROKEN_BYTES -> Findings.Defect.BROKEN_BYTES;
            case LONG_TOO_LARGE -> Findings.Defect.LONG_TOO_LARGE;
        };
    }

    /** The batch column; null without one. */
    @Nullable
    String batchColumn() {
        return batchColumn;
    }
}
