package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.tensor.ByteSize;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.SparkContext;

/**
 * What a driver can hold. Asked before something is sent to it: a driver without memory fails late and says little.
 *
 * @param heap bytes of its heap
 * @param maxResultSize bytes that a job may send it
 */
public record DriverRoom(long heap, long maxResultSize) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The part of the heap that results may take: they are there in serialized form, too. */
    private static final int RESULT_DIVISOR = 2;

    /** Of a channel: weight, bias, running mean and variance, before and after. */
    private static final int STATE_BYTES = 2 * 4 * Double.BYTES;

    /** That of this JVM. */
    public static DriverRoom of(SparkContext context) {
        long max = context.conf().getSizeAsBytes("spark.driver.maxResultSize", "1g");
        return new DriverRoom(Runtime.getRuntime().maxMemory(), max == 0 ? Long.MAX_VALUE : max);
    }

    /** Bytes that all results of a job may have. */
    long ofResults() {
        return Math.min(heap / RESULT_DIVISOR, maxResultSize);
    }

    /**
     * Refuses results that do not fit.
     *
     * @param what has that size
     * @param bytes of all results of a job
     * @throws BatchNormException if they are more than {@link #ofResults}
     */
    void requireForResults(String what, long bytes) {
        require(what, bytes, RESULT_DIVISOR * bytes);
    }

    /**
     * Refuses transforms that do not fit: a driver has each as it is and as it is broadcast, and the states before and
     * after a pass.
     *
     * @param column in words
     * @param bytesOfChannel of a channel's transform
     * @throws BatchNormException if there is no room
     */
    public void requireForTransforms(String column, int batches, int channels, int bytesOfChannel) {
        String what = String.format(
                Locale.ROOT,
                "%s: transforms of %,d %s of %,d channels",
                column,
                batches,
                batches == 1 ? "batch" : "batches",
                channels);
        require(what, 0, channels * (2L * bytesOfChannel * batches + STATE_BYTES));
    }

    /**
     * Refuses what does not fit.
     *
     * @param what has that size
     * @param sent bytes that a job sends the driver
     * @param held bytes of the heap that this will take there
     * @throws BatchNormException if there is no room
     */
    void require(String what, long sent, long held) {
        List<String> missing = new ArrayList<>();
        if (held > heap) {
            missing.add("the driver needs " + ByteSize.of(held) + " of heap for that and has " + ByteSize.of(heap)
                    + ": set spark.driver.memory to " + ByteSize.setting(held) + " or more");
        }
        if (sent > maxResultSize) {
            missing.add("spark.driver.maxResultSize is " + ByteSize.of(maxResultSize) + ": give "
                    + ByteSize.setting(sent) + " or more");
        }
        if (!missing.isEmpty()) {
            throw new BatchNormException(what + "; " + String.join("; ", missing));
        }
    }
}
