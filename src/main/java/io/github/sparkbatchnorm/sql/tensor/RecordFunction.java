package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/** A function of moments records; generated code calls it. Null where an argument is null. */
public final class RecordFunction implements ScalarFunction<Object> {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final DataType[] inputs;
    private final DataType result;
    private final Pair pair;
    private final ConstantSpec<Boolean> ignores = new ConstantSpec<>();

    /** Makes moments of two. */
    private interface Pair extends Serializable {
        ChannelMoments of(ChannelMoments a, ChannelMoments b);
    }

    private RecordFunction(String name, DataType[] inputs, DataType result, Pair pair) {
        this.name = name;
        this.inputs = inputs.clone();
        this.result = result;
        this.pair = pair;
    }

    private static RecordFunction ofTwo(String name, Signature.Call call, Pair pair) {
        if (call.count() != 2 || !call.isBinary(0) || !call.isBinary(1)) {
            throw call.refused();
        }
        DataType[] records = {DataTypes.BinaryType, DataTypes.BinaryType};
        return new RecordFunction(name, records, DataTypes.BinaryType, pair);
    }

    /** The function {@code moments_merge}. */
    static RecordFunction merge(Signature.Call call) {
        return ofTwo("moments_merge", call, ChannelMoments::combine);
    }

    /** The function {@code moments_subtract}. */
    static RecordFunction subtract(Signature.Call call) {
        return ofTwo("moments_subtract", call, ChannelMoments::subtract);
    }

    /** The function {@code moments_describe}. */
    static RecordFunction describe(Signature.Call call) {
        DataType[] inputs = call.andSpec(DataTypes.BinaryType);
        if (!call.isBinary(0)) {
            throw call.refused();
        }
        return new RecordFunction("moments_describe", inputs, StatisticsStruct.TYPE, ChannelMoments::combine);
    }

    /**
     * Called by Spark for each row.
     *
     * @param a a record
     * @param b a record
     * @return the record of both
     */
    public @Nullable Object invoke(byte @Nullable [] a, byte @Nullable [] b) {
        if (a == null || b == null) {
            return null;
        }
        try {
            ChannelMoments left = ChannelMoments.fromRecord(a);
            ChannelMoments right = ChannelMoments.fromRecord(b);
            if (left.channels() != right.channels()) {
                throw new BatchNormException("a has moments of C = " + left.channels() + " and b of C = "
                        + right.channels() + "; expected one number of channels: give moments of the same columns");
            }
            return pair.of(left, right).toRecord();
        } catch (BatchNormException | IllegalArgumentException | IllegalStateException e) {
            throw SpecWords.ofCall(name, e);
        }
    }

    /**
     * Called by Spark for each row.
     *
     * @param moments a record
     * @return the struct of its statistics
     */
    public @Nullable Object invoke(byte @Nullable [] moments) {
        return described(moments, null);
    }

    /**
     * Called by Spark for each row.
     *
     * @param moments a record
     * @param spec whether NaN and infinities are ignored
     * @return the struct of its statistics
     */
    public @Nullable Object invoke(byte @Nullable [] moments, @Nullable UTF8String spec) {
        return described(moments, spec);
    }

    private @Nullable Object described(byte @Nullable [] moments, @Nullable UTF8String spec) {
        if (moments == null) {
            return null;
        }
        try {
            boolean finite = ignores.of(spec, RecordFunction::ignores);
            ChannelMoments read = ChannelMoments.fromRecord(moments);
            return StatisticsStruct.of(finite ? read.finiteStatistics() : read.statistics());
        } catch (BatchNormException | IllegalArgumentException e) {
            throw SpecWords.ofCall(name, e);
        }
    }

    private static boolean ignores(String spec) {
        return TensorSpec.parse(spec).policy() == NonFinitePolicy.IGNORE;
    }

    @Override
    public DataType[] inputTypes() {
        return inputs.clone();
    }

    @Override
    public DataType resultType() {
        return result;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String canonicalName() {
        return "spark-batchnorm." + name;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RecordFunction that && name.equals(that.name) && Arrays.equals(inputs, that.inputs);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
