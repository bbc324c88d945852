package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.functions.AggregateFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * An aggregate of exact moments: of samples, or of moments that were kept. The same bits for every order of the rows
 * and every partitioning.
 */
final class MomentsAggregate implements AggregateFunction<Serializable, Object> {
    private static final long serialVersionUID = 1L;

    /** What the aggregate gives. */
    enum Result {
        /** A moments record. */
        RECORD,
        /** Statistics. */
        STATISTICS
    }

    private final String name;
    private final DataType[] inputs;
    /** Reads samples; null where the argument is moments. */
    private final @Nullable SpecifiedValues samples;

    private final Result result;

    private MomentsAggregate(String name, DataType[] inputs, @Nullable SpecifiedValues samples, Result result) {
        this.name = name;
        this.inputs = inputs.clone();
        this.samples = samples;
        this.result = result;
    }

    /** An aggregate of samples. */
    static MomentsAggregate ofSamples(String name, Signature.Call call, Result result) {
        DataType[] inputs = call.andSpec(call.first());
        return new MomentsAggregate(name, inputs, new SpecifiedValues(inputs[0], null), result);
    }

    /** An aggregate of moments. */
    static MomentsAggregate ofMoments(String name, Signature.Call call) {
        if (call.count() != 1 || !call.isBinary(0)) {
            throw call.refused();
        }
        return new MomentsAggregate(name, new DataType[] {DataTypes.BinaryType}, null, Result.RECORD);
    }

    @Override
    public Serializable newAggregationState() {
        return new MomentsState(name);
    }

    @Override
    public Serializable update(Serializable state, InternalRow input) {
        try {
            MomentsState own = MomentsState.of(name, state);
            if (input.isNullAt(0)) {
                return own;
            }
            if (samples == null) {
                own.addAll(ChannelMoments.fromRecord(input.getBinary(0)));
            } else {
                boolean says = inputs.length == 2 && !input.isNullAt(1);
                own.add(input.get(0, inputs[0]), samples.read(says ? input.getUTF8String(1) : null));
            }
            return own;
        } catch (BatchNormException | IllegalArgumentException e) {
            throw SpecWords.ofCall(name, e);
        }
    }

    @Override
    public Serializable merge(Serializable left, Serializable right) {
        try {
            MomentsState own = MomentsState.of(name, left);
            own.merge(MomentsState.of(name, right));
            return own;
        } catch (BatchNormException | IllegalArgumentException | IllegalStateException e) {
            throw SpecWords.ofCall(name, e);
        }
    }

    @Override
    public @Nullable Object produceResult(Serializable state) {
        try {
            MomentsState all = MomentsState.of(name, state);
            if (result == Result.RECORD) {
                ChannelMoments moments = all.moments();
                return moments == null ? null : moments.toRecord();
            }
            ChannelStatistics statistics = all.statistics();
            return statistics == null ? null : StatisticsStruct.of(statistics);
        } catch (BatchNormException | IllegalArgumentException | IllegalStateException e) {
            throw SpecWords.ofCall(name, e);
        }
    }

    @Override
    public DataType[] inputTypes() {
        return inputs.clone();
    }

    @Override
    public DataType resultType() {
        return result == Result.RECORD ? DataTypes.BinaryType : StatisticsStruct.TYPE;
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
        return other instanceof MomentsAggregate that && name.equals(that.name) && Arrays.equals(inputs, that.inputs);
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
