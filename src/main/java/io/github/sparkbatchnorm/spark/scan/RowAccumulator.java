package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.tensor.ByteSize;
import io.github.sparkbatchnorm.spark.tensor.Findings;
import io.github.sparkbatchnorm.spark.tensor.Sample;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the rows of one batch are added to: moments of the samples, sums of their gradients, or both. */
final class RowAccumulator {
    // About what an accumulator takes for a channel, and the partial that is made of it: of zeros, and of values.
    private static final int MOMENTS_OF_ZEROS = 140;
    private static final int MOMENTS = 360;
    private static final int GRADIENTS_OF_ZEROS = 210;
    private static final int GRADIENTS = 450;

    private final ChannelMoments.@Nullable Accumulator moments;
    private final GradientSums.@Nullable Accumulator gradients;

    /**
     * Refuses channels whose sums cannot fit a heap, where rows name them all.
     *
     * @param nonZero channels that have a value other than 0
     * @param tasks that share the heap
     * @param heap bytes of it
     * @throws BatchNormException that tells both sizes
     */
    static void requireHeap(TensorColumn tensor, int channels, int nonZero, ScanPlan plan, int tasks, long heap) {
        long bytes = heapBytes(channels - nonZero, plan, MOMENTS_OF_ZEROS, GRADIENTS_OF_ZEROS)
                + heapBytes(nonZero, plan, MOMENTS, GRADIENTS);
        if (bytes * tasks > heap) {
            throw new BatchNormException(String.format(
                    Locale.ROOT,
                    "%s: sums of %,d channels need %s of heap in each of %d tasks at once, and there are %s: set"
                            + " spark.executor.memory to %s or more (in local mode, set spark.driver.memory)",
                    tensor.describe(),
                    channels,
                    ByteSize.of(bytes),
                    tasks,
                    ByteSize.of(heap),
                    ByteSize.setting(bytes * tasks)));
        }
    }

    private static long heapBytes(long channels, ScanPlan plan, int moments, int gradients) {
        return channels * ((plan.moments() ? moments : 0) + (plan.gradients() ? gradients : 0));
    }

    /** @param workspace scratch memory of the task */
    RowAccumulator(int channels, ScanPlan plan, Workspace workspace) {
        moments = plan.moments() ? new ChannelMoments.Accumulator(channels, workspace) : null;
        gradients =
                plan.gradients() ? new GradientSums.Accumulator(channels, plan.ignoresNonFinite(), workspace) : null;
    }

    /** Adds a sample and, if gradients are summed, its gradients. */
    void add(Sample x, Sample dy) {
        if (moments != null) {
            x.addTo(moments);
        }
        if (gradients != null) {
            x.addTo(gradients, dy);
        }
    }

    /** Leaves memory to the next batch of the task, when its rows come; rows of this one may follow later. */
    void releaseBuffer() {
        if (moments != null) {
            moments.releaseBuffer();
        }
    }

    Partial snapshot(Findings findings, Findings gradientFindings) {
        return new Partial(
                moments == null ? null : moments.snapshot(),
                gradients == null ? null : gradients.snapshot(),
                findings,
                gradientFindings);
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return (moments == null ? 0 : moments.heapBytes()) + (gradients == null ? 0 : gradients.heapBytes());
    }
}
