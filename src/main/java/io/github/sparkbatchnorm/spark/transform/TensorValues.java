package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.codec.ColumnPath;
import io.github.sparkbatchnorm.spark.codec.ImageCodec;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.io.Serializable;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The values of one SQL type as samples: they are read as Spark stores them, one by one, and output values are made of
 * them. A struct of numbers is a sample with a channel in each field; its output has the same fields.
 *
 * <p>A null value is no sample, and its output is null. So is a null field: its channel has no value in that sample.
 *
 * <p>Threads may share an instance: Spark evaluates one plan in several at once.
 */
public final class TensorValues implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What the value is called in messages. */
    private static final String NAME = "x";

    private final DataType type;
    private final ColumnReader reader;
    private final Reused<Scratch> scratch = new Reused<>();

    private TensorValues(DataType type, TensorOptions options) {
        this.type = type;
        this.reader = new ColumnReader(TensorColumn.of(schema(type), options), null, false);
    }

    /**
     * {@return how values of a type are read if nothing more is said}
     *
     * @param type of the values
     */
    public static TensorOptions options(DataType type) {
        TensorOptions options = isChannels(type)
                ? TensorOptions.channelColumns(Arrays.stream(((StructType) type).fieldNames())
                        .map(ColumnPath::quote)
                        .toList())
                : TensorOptions.column(NAME);
        return options.withHandleInvalid(HandleInvalid.KEEP);
    }

    /**
     * {@return the values of a type}
     *
     * @param type of the values
     * @param options made of {@link #options}
     * @throws BatchNormException if the type cannot be a tensor
     * @throws IllegalArgumentException if the options do not fit the type
     */
    public static TensorValues of(DataType type, TensorOptions options) {
        return new TensorValues(type, options);
    }

    private static boolean isChannels(DataType type) {
        return type instanceof StructType struct && !ImageCodec.accepts(type) && struct.length() > 0;
    }

    private static StructType schema(DataType type) {
        return isChannels(type) ? (StructType) type : new StructType().add(NAME, type);
    }

    /**
     * {@return these values, read as those that a state was fitted to}
     *
     * @param state that tells the shape or the layout where the options do not
     */
    public TensorValues forState(BatchNormState state) {
        return state.provenance()
                .map(fitted -> new TensorValues(type, reader.tensor().optionsOf(fitted)))
                .orElse(this);
    }

    /**
     * {@return a state with its channels in the order of the fields of a struct, where both have names}
     *
     * @param state of these values
     * @throws IllegalArgumentException if the names differ
     */
    public BatchNormState aligned(BatchNormState state) {
        return reader.tensor().isChannelPerColumn()
                ? state.forColumns(reader.tensor().names())
                : state;
    }

    /** {@return the type of the output values} */
    public DataType outputType() {
        DataType output = reader.tensor().codec().outputType();
        if (!isChannels(type)) {
            return output;
        }
        StructField[] fields = ((StructType) output).fields();
        String[] names = ((StructType) type).fieldNames();
        StructType named = new StructType();
        for (int c = 0; c < fields.length; c++) {
            named = named.add(names[c], fields[c].dataType(), fields[c].nullable());
        }
        return named;
    }

    /**
     * Adds a value to sums.
     *
     * @param value as Spark stores it
     * @param sums of a number of channels
     * @throws BatchNormException if it cannot be used
     * @throws IllegalArgumentException if the sums are of another number of channels
     */
    public void addTo(@Nullable Object value, IntFunction<ChannelMoments.Accumulator> sums) {
        if (value == null) {
            return;
        }
        Scratch own = scratch.take(Scratch::new);
        if (reader.read(row(value, own), own.pair)) {
            RowSample sample = own.pair.sample();
            sample.addTo(sums.apply(sample.shape().channels()));
        }
        scratch.give(own);
    }

    /**
     * {@return the output of a value, as Spark stores it; null if it is no sample}
     *
     * @param value as Spark stores it
     * @param transform of its channels
     * @throws BatchNormException if the value cannot be used, or has another number of channels
     */
    public @Nullable Object apply(@Nullable Object value, SampleTransform transform) {
        if (value == null) {
            return null;
        }
        Scratch own = scratch.take(Scratch::new);
        Object output = null;
        if (reader.read(row(value, own), own.pair)) {
            RowSample sample = own.pair.sample();
            requireChannels(sample, transform.channels());
            output = own.output.of(sample, transform, reader.tensor().codec());
        }
        scratch.give(own);
        return output;
    }

    private void requireChannels(RowSample sample, int channels) {
        if (sample.shape().channels() != channels) {
            throw new BatchNormException(reader.tensor().describe() + ": a row with C = "
                    + sample.shape().channels() + "; expected C = " + channels
                    + ", as the moments, the arrays or the state have: give those of this column");
        }
    }

    private InternalRow row(Object value, Scratch own) {
        if (isChannels(type)) {
            return (InternalRow) value;
        }
        own.row.update(0, value);
        return own.row;
    }

    @Override
    public String toString() {
        return reader.tensor().describe();
    }
}
