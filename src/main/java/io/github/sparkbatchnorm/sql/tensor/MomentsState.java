package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The state of an aggregate: the exact moments of the samples so far. Mutable.
 *
 * <p>Java serializes it as a {@code byte[]}: a version, a byte that is 1 where NaN and infinities are ignored, the
 * length of the samples' spec, -1 without samples, its UTF-8, and the {@linkplain ChannelMoments#toRecord record} of
 * the moments, if there are any. Spark reads the states of aggregates with a class loader that may not know this class,
 * and keeps them in the checkpoints of streams.
 */
final class MomentsState implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final byte VERSION = 1;
    private static final int HEADER = 2 + Integer.BYTES;
    private static final int NO_SPEC = -1;

    private final transient String function;
    private transient ChannelMoments.@Nullable Accumulator sums;
    private transient boolean ignores;
    /** What the samples so far were read by; null if there are none. */
    private transient @Nullable String spec;

    /**
     * A state of no samples.
     *
     * @param function whose state it is, which the message names if the state cannot be serialized
     */
    MomentsState(String function) {
        this.function = function;
    }

    /**
     * The state that Spark gives.
     *
     * @param function whose state it is
     * @param state a state, or the bytes of one
     * @throws BatchNormException if the bytes are not those of a state
     * @throws IllegalArgumentException if their record is none
     */
    static MomentsState of(String function, Serializable state) {
        if (state instanceof MomentsState same) {
            return same;
        }
        if (!(state instanceof byte[] bytes) || bytes.length < HEADER || bytes[0] != VERSION || bytes[1] >> 1 != 0) {
            throw unknown();
        }
        MomentsState read = new MomentsState(function);
        read.ignores = bytes[1] == 1;
        int length = ByteBuffer.wrap(bytes).getInt(2);
        if (length < NO_SPEC || length > bytes.length - HEADER) {
            throw unknown();
        }
        int record = HEADER + Math.max(length, 0);
        read.spec = length == NO_SPEC ? null : new String(bytes, HEADER, length, StandardCharsets.UTF_8);
        if (bytes.length > record) {
            read.addAll(ChannelMoments.fromRecord(Arrays.copyOfRange(bytes, record, bytes.length)));
        }
        return read;
    }

    private static BatchNormException unknown() {
        return new BatchNormException("a state of an aggregate that is none of version " + VERSION
                + "; expected one that this version of spark-batchnorm wrote: start the query anew");
    }

    /** Adds a value; null is no sample. */
    void add(@Nullable Object value, SpecifiedValues.Reading reading) {
        requireSpec(reading.spec());
        ignores |= reading.policy() == NonFinitePolicy.IGNORE;
        reading.addTo(value, this::sums);
    }

    /** Adds moments. */
    void addAll(ChannelMoments moments) {
        sums(moments.channels()).addAll(moments);
    }

    /** Adds the samples of another state, which stays as it is. */
    void merge(MomentsState other) {
        if (other.spec != null) {
            requireSpec(other.spec);
        }
        ignores |= other.ignores;
        ChannelMoments moments = other.moments();
        if (moments != null) {
            addAll(moments);
        }
    }

    private void requireSpec(String given) {
        String own = spec;
        if (own == null) {
            spec = given;
        } else if (!own.equals(given)) {
            throw ConstantSpec.differs(own, given);
        }
    }

    /** The moments of all samples so far; null if there is none. */
    @Nullable
    ChannelMoments moments() {
        return sums == null ? null : sums.snapshot();
    }

    /** The statistics of all samples so far, under the policy that their specs named; null if there is none. */
    @Nullable
    ChannelStatistics statistics() {
        ChannelMoments moments = moments();
        return moments == null ? null : ignores ? moments.finiteStatistics() : moments.statistics();
    }

    private ChannelMoments.Accumulator sums(int channels) {
        ChannelMoments.Accumulator found = sums;
        if (found == null) {
            found = new ChannelMoments.Accumulator(channels);
            sums = found;
        }
        if (found.channels() != channels) {
            throw new BatchNormException((spec == null ? "moments" : "samples") + " of C = " + found.channels()
                    + " and of C = " + channels
                    + " in one aggregate; expected one number of channels: group by what tells them apart"
                    + (spec == null ? "" : ", or give a shape in spec"));
        }
        return found;
    }

    private Object writeReplace() {
        byte[] record;
        try {
            ChannelMoments moments = moments();
            record = moments == null ? new byte[0] : moments.toRecord();
        } catch (IllegalStateException e) {
            throw SpecWords.ofCall(function, e);
        }
        byte[] text = spec == null ? new byte[0] : spec.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(HEADER + text.length + record.length)
                .put(VERSION)
                .put((byte) (ignores ? 1 : 0))
                .putInt(spec == null ? NO_SPEC : text.length)
                .put(text)
                .put(record)
                .array();
    }
}
