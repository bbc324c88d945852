package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ByteSize;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The sums of the rows of one batch: moments of the samples, sums of their gradients, or both. */
final class RowAccumulator {
    // About the bytes that a channel takes in an accumulator and in the partial made of it: of zeros, and of values.
    private static final int MOMENTS_OF_ZEROS = 140;
    private static final int MOMENTS = 360;
    private static final int GRADIENTS_OF_ZEROS = 210;
    private static final int GRADIENTS = 450;

    private final int channels;
    private final ChannelMoments.@Nullable Accumulator moments;
    private final GradientSums.@Nullable Accumulator gradients;

    /**
     * Refuses channels whose sums cannot fit a heap, where rows name them all.
     *
     * @param channels C
     * @param nonZero number of channels that have a value other than 0
     * @param tasks number of tasks that share the heap
     * @param heap bytes of the heap
     * @throws BatchNormException if the sums do not fit, with both sizes in the message
     */
    static void requireHeap(TensorColumn tensor, int channels, int nonZero, ScanSums sums, int tasks, long heap) {
        long bytes = heapBytes(channels - nonZero, sums, MOMENTS_OF_ZEROS, GRADIENTS_OF_ZEROS)
                + heapBytes(nonZero, sums, MOMENTS, GRADIENTS);
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

    private static long heapBytes(long channels, ScanSums sums, int moments, int gradients) {
        return channels * ((sums.moments() ? moments : 0) + (sums.gradients() ? gradients : 0));
    }

    /** @param workspace scratch memory of the task */
    RowAccumulator(int channels, ScanSums sums, Workspace workspace) {
        this.channels = channels;
        moments = sums.moments() ? new ChannelMoments.Accumulator(channels, workspace) : null;
        gradients =
                sums.gradients() ? new GradientSums.Accumulator(channels, sums.ignoresNonFinite(), workspace) : null;
    }

    int channels() {
        return channels;
    }

    /**
     * Adds a sample and, if gradients are summed, its gradients.
     *
     * @param dy unused where gradients are not summed
     */
    void add(RowSample x, RowSample dy) {
        if (moments != null) {
            x.addTo(moments);
        }
        if (gradients != null) {
            x.addTo(gradients, dy);
        }
    }

    /**
     * Adds dense values and, if gradients are summed, these.
     *
     * @param x {@code float[]} or {@code double[]}
     * @param dy an array of the same type and length; null where gradients are not summed
     */
    void add(Object x, @Nullable Object dy, SampleShape shape) {
        if (x instanceof float[] values) {
            if (moments != null) {
                moments.add(values, shape);
            }
            if (gradients != null && dy != null) {
                gradients.add(values, (float[]) dy, shape);
            }
        } else {
            double[] values = (double[]) x;
            if (moments != null) {
                moments.add(values, shape);
            }
            if (gradients != null && dy != null) {
                gradients.add(values, (double[]) dy, shape);
            }
        }
    }

    /** Adds sums of as many channels, each where there is one. */
    void add(@Nullable ChannelMoments moreMoments, @Nullable GradientSums moreGradients) {
        if (moments != null && moreMoments != null) {
            moments.addAll(moreMoments);
        }
        if (gradients != null && moreGradients != null) {
            gradients.addAll(moreGradients);
        }
    }

    /** Hints that rows of another batch come next; releases buffers. More rows of this batch may follow. */
    void releaseBuffer() {
        if (moments != null) {
            moments.releaseBuffer();
        }
    }

    /**
     * A partial of all rows added so far.
     *
     * @param report to go with it
     */
    Partial snapshot(ScanReport report) {
        return new Partial(
                moments == null ? null : moments.snapshot(), gradients == null ? null : gradients.snapshot(), report);
    }

    /** About the bytes of the Java heap in use. */
    long heapBytes() {
        return (moments == null ? 0 : moments.heapBytes()) + (gradients == null ? 0 : gradients.heapBytes());
    }
}
