package io.github.sparkbatchnorm.stats;

import java.util.function.IntFunction;

/**
 * What {@link ChannelMoments.Accumulator} and {@link GradientSums.Accumulator} share: counts and sums of all channels,
 * and dense samples that wait to be summed as blocks. Not thread-safe.
 *
 * @param <A> the aggregate that a snapshot is
 * @param <S> the sums
 */
abstract class ChannelAccumulator<A extends ChannelAggregate, S extends ChannelSink> {
    final SlottedSums<S> slotted;
    final S sums;
    final SampleBlocks blocks;

    /**
     * Creates an accumulator of no values.
     *
     * @param channels C, 1 or more
     * @param fields number of 8-byte fields in a channel's record
     * @param ofSlots makes the sums of a given number of slots
     */
    ChannelAccumulator(int channels, int fields, IntFunction<S> ofSlots, Workspace workspace) {
        slotted = new SlottedSums<>(channels, fields, ofSlots);
        sums = slotted.sums();
        blocks = new SampleBlocks(channels, sums, workspace);
    }

    abstract A aggregate(ChannelRecords records);

    /**
     * C, the number of channels.
     *
     * @return 1 or more
     */
    public final int channels() {
        return slotted.channels();
    }

    /**
     * Adds everything that another accumulator was given. Associative and commutative to the bit.
     *
     * @param other a snapshot of it
     * @throws IllegalArgumentException if the numbers of channels differ, which changes nothing; if a channel would
     *     have more than {@code 2^63 - 1} values, and then this accumulator is of no more use
     */
    public final void addAll(A other) {
        other.requireChannels(channels());
        slotted.addAll(other.records);
    }

    /**
     * The aggregate of everything added so far. The accumulator stays usable.
     *
     * @return an immutable object that later additions do not change
     * @throws IllegalStateException if the records have more bytes than an array holds, or a channel has more than
     *     {@code 2^63 - 1} values
     */
    public final A snapshot() {
        blocks.flush();
        return aggregate(slotted.records());
    }

    /**
     * About how much memory this accumulator takes, for a caller that has many of them: its sums and the samples that
     * wait, without the workspace.
     *
     * @return in bytes
     */
    public final long heapBytes() {
        return slotted.heapBytes() + blocks.heapBytes();
    }
}
