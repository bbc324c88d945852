package io.github.sparkbatchnorm.sql.number;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The exact moments of numbers that come one by one: the state of an aggregate. Numbers wait in an array, 8 KB at most,
 * and are summed as one sample of one channel, which costs a tenth of adding each. A buffer of few numbers is small.
 * Mutable; not thread-safe.
 *
 * <p>Java serializes it <b>as a {@code byte[]}</b>, the {@linkplain ChannelMoments#toRecord() record} of the moments,
 * which begins with its version: Spark deserializes states with a class loader that does not know jars that came by
 * {@code --jars} or {@code --packages}. So the methods that take a state take either.
 */
final class NumberBuffer implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Most numbers that wait. */
    static final int BLOCK = 1024;

    private static final int FIRST = 8;
    private static final int GROWTH = 4;
    /** Fewer doubles than that are added one by one, which needs no scratch memory. */
    private static final int FEW = 128;

    private static final SampleShape BLOCK_SHAPE = SampleShape.channelsFirst(1, BLOCK);
    private static final double[] NO_DOUBLES = {};
    private static final long[] NO_INTEGERS = {};

    private transient double[] doubles = NO_DOUBLES;
    private transient int doublesWaiting;
    private transient long[] integers = NO_INTEGERS;
    private transient int integersWaiting;
    private transient ChannelMoments.@Nullable Accumulator sums;

    /** A buffer of no numbers. */
    NumberBuffer() {}

    /**
     * The buffer that a state is, or one of the numbers that the bytes of a state are of.
     *
     * @throws IllegalArgumentException if the state is neither; bytes of any origin are checked
     */
    static NumberBuffer from(Serializable state) {
        return state instanceof NumberBuffer buffer ? buffer : new NumberBuffer().merge(state);
    }

    /**
     * The moments of the numbers of a state so far, of one channel. The state stays usable.
     *
     * @throws IllegalArgumentException as {@link #from}
     */
    static ChannelMoments momentsOf(Serializable state) {
        return from(state).moments();
    }

    /** Adds a number. */
    void add(double x) {
        if (doublesWaiting == doubles.length) {
            makeRoomForDoubles();
        }
        doubles[doublesWaiting++] = x;
    }

    private void makeRoomForDoubles() {
        if (doublesWaiting == BLOCK) {
            flush();
        } else {
            doubles = Arrays.copyOf(doubles, longer(doubles.length));
        }
    }

    /** Adds an integer. */
    void add(long x) {
        if (integersWaiting == integers.length) {
            makeRoomForIntegers();
        }
        integers[integersWaiting++] = x;
    }

    private void makeRoomForIntegers() {
        if (integersWaiting == BLOCK) {
            flush();
        } else {
            integers = Arrays.copyOf(integers, longer(integers.length));
        }
    }

    private static int longer(int length) {
        return Math.min(BLOCK, Math.max(FIRST, GROWTH * length));
    }

    /**
     * Adds the numbers of another state.
     *
     * @return this buffer
     * @throws IllegalArgumentException as {@link #from}
     */
    NumberBuffer merge(Serializable state) {
        sums().addAll(state instanceof NumberBuffer buffer ? buffer.moments() : read(state));
        return this;
    }

    private static ChannelMoments read(Serializable state) {
        if (state instanceof byte[] bytes) {
            return ChannelMoments.fromRecord(bytes);
        }
        throw new IllegalArgumentException(
                "an aggregation state of " + state.getClass() + "; expected a NumberBuffer or byte[]");
    }

    private ChannelMoments moments() {
        flush();
        return sums().snapshot();
    }

    /** Sums the numbers that wait. */
    private void flush() {
        if (integersWaiting > 0) {
            sums().add(waiting(integers, integersWaiting), shape(integersWaiting));
            integersWaiting = 0;
        }
        if (doublesWaiting >= FEW) {
            sums().add(waiting(doubles, doublesWaiting), shape(doublesWaiting));
        } else {
            for (int i = 0; i < doublesWaiting; i++) {
                sums().add(0, doubles[i]);
            }
        }
        doublesWaiting = 0;
    }

    private static long[] waiting(long[] numbers, int count) {
        return count == numbers.length ? numbers : Arrays.copyOf(numbers, count);
    }

    private static double[] waiting(double[] numbers, int count) {
        return count == numbers.length ? numbers : Arrays.copyOf(numbers, count);
    }

    private static SampleShape shape(int count) {
        return count == BLOCK ? BLOCK_SHAPE : SampleShape.channelsFirst(1, count);
    }

    private ChannelMoments.Accumulator sums() {
        ChannelMoments.Accumulator found = sums;
        if (found == null) {
            found = new ChannelMoments.Accumulator(1);
            sums = found;
        }
        return found;
    }

    private Object writeReplace() {
        return moments().toRecord();
    }
}
