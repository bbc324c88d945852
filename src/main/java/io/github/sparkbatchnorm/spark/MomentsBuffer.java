package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The exact moments of a part of some samples: the buffer of an aggregation that a program writes itself. Mutable; not
 * thread-safe. The number of channels is that of the first sample.
 *
 * <p>Java serializes it <b>as a {@code byte[]}</b>, and deserializing gives that array: Spark's SQL aggregates
 * deserialize their buffers with a class loader that does not know jars that came by {@code --jars} or
 * {@code --packages}, but every class loader knows an array of bytes. So the type of the buffer is
 * {@link Serializable}, and {@link #from} makes a buffer of whatever comes:
 *
 * <pre>{@code
 * Serializable all = samples.treeAggregate(
 *         (Serializable) new MomentsBuffer(),
 *         (buffer, sample) -> MomentsBuffer.from(buffer).add(sample, shape),
 *         (a, b) -> MomentsBuffer.from(a).merge(MomentsBuffer.from(b)));
 * ChannelMoments moments = MomentsBuffer.from(all).moments().orElseThrow();
 * }</pre>
 *
 * <p>The bytes are the {@linkplain ChannelMoments#toRecord() record} of the moments; none if there is no sample.
 */
public final class MomentsBuffer implements Serializable {
    private static final long serialVersionUID = 1L;

    private transient ChannelMoments.@Nullable Accumulator sums;

    /** Creates a buffer of no samples. */
    public MomentsBuffer() {}

    /**
     * {@return a buffer}
     *
     * @param buffer a {@code MomentsBuffer}, which is returned itself, or what became of one that was serialized
     * @throws IllegalArgumentException if it is neither; bytes of any origin are checked
     */
    public static MomentsBuffer from(Object buffer) {
        if (buffer instanceof MomentsBuffer same) {
            return same;
        }
        if (!(buffer instanceof byte[] bytes)) {
            throw new IllegalArgumentException(
                    "a buffer of " + buffer.getClass() + "; expected a MomentsBuffer or byte[]");
        }
        MomentsBuffer read = new MomentsBuffer();
        if (bytes.length > 0) {
            read.addAll(ChannelMoments.fromRecord(bytes));
        }
        return read;
    }

    /**
     * Adds a sample.
     *
     * @param sample {@code shape.length()} values in the order of the shape; copied
     * @param shape of the sample
     * @return this buffer
     * @throws IllegalArgumentException if the number of values or channels is another
     */
    public MomentsBuffer add(float[] sample, SampleShape shape) {
        sums(shape.channels()).add(sample, shape);
        return this;
    }

    /**
     * Adds a sample.
     *
     * @param sample {@code shape.length()} values in the order of the shape; copied
     * @param shape of the sample
     * @return this buffer
     * @throws IllegalArgumentException if the number of values or channels is another
     */
    public MomentsBuffer add(double[] sample, SampleShape shape) {
        sums(shape.channels()).add(sample, shape);
        return this;
    }

    /**
     * Adds the samples of another buffer, which stays as it is. Associative and commutative to the bit.
     *
     * @param other of as many channels, or without samples
     * @return this buffer
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public MomentsBuffer merge(MomentsBuffer other) {
        other.moments().ifPresent(this::addAll);
        return this;
    }

    /** {@return the moments of all samples so far; empty if there is none} */
    public Optional<ChannelMoments> moments() {
        return Optional.ofNullable(sums).map(ChannelMoments.Accumulator::snapshot);
    }

    /** {@return the bytes that this is serialized as, which {@link #from} reads} */
    public byte[] toBytes() {
        return moments().map(ChannelMoments::toRecord).orElse(new byte[0]);
    }

    private void addAll(ChannelMoments moments) {
        sums(moments.channels()).addAll(moments);
    }

    private ChannelMoments.Accumulator sums(int channels) {
        ChannelMoments.Accumulator found = sums;
        if (found == null) {
            found = new ChannelMoments.Accumulator(channels);
            sums = found;
        }
        return found;
    }

    private Object writeReplace() {
        return toBytes();
    }

    @Override
    public String toString() {
        return "MomentsBuffer[" + moments().map(ChannelMoments::toString).orElse("no samples") + "]";
    }
}
