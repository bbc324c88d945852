package io.github.sparkbatchnorm.stats;

import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/**
 * Scratch memory of accumulators that one thread uses in turn, such as those of the batches of a task: about 20 KB,
 * taken when dense samples are first summed, and one buffer that {@link ChannelMoments.Accumulator#releaseBuffer} left
 * for the next accumulator.
 *
 * <p>An accumulator that is made without a workspace has its own. Not thread-safe: all accumulators of a workspace must
 * stay in one thread, or be handed to another together.
 */
public final class Workspace {
    private @Nullable BlockSums blockSums;
    private @Nullable Object buffer;
    private @Nullable Object piece;

    /** A workspace that has taken no memory yet. */
    public Workspace() {}

    BlockSums blockSums() {
        BlockSums made = blockSums;
        if (made == null) {
            made = new BlockSums(LaneLoops.BEST);
            blockSums = made;
        }
        return made;
    }

    /** An array of {@link BlockSums#PIECE} values for a part of a run, free until the next call. */
    Object piece(boolean isFloat) {
        Object made = piece;
        if (made == null || made instanceof float[] != isFloat) {
            made = BlockSums.Block.newArray(isFloat, BlockSums.PIECE);
            piece = made;
        }
        return made;
    }

    /** Keeps an array of samples for the next accumulator that needs one. */
    void keepBuffer(Object array) {
        buffer = array;
    }

    /** Hands over the kept array if it has this type and is long enough; else returns null. */
    @Nullable
    Object takeBuffer(boolean isFloat, int length) {
        Object kept = buffer;
        if (kept == null || kept instanceof float[] != isFloat || Array.getLength(kept) < length) {
            return null;
        }
        buffer = null;
        return kept;
    }
}
