package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.rows.ByteSize;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.SparkContext;

/**
 * The room of a driver. It is asked before something is sent to the driver: a driver without memory fails late and says
 * little.
 *
 * @param heap bytes of the driver's heap
 * @param maxResultSize bytes that a job may send to the driver
 */
public record DriverRoom(long heap, long maxResultSize) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Results may take this part of the heap: the driver has them in serialized form, too. */
    private static final int RESULT_DIVISOR = 2;

    /** Bytes of a channel of two states: weight, bias, running mean in two parts and variance, before and after. */
    private static final int STATE_BYTES = 2 * 5 * Double.BYTES;

    /**
     * The room of this JVM, which is the driver.
     *
     * @param context tells {@code spark.driver.maxResultSize}
     * @return heap and result size
     */
    public static DriverRoom of(SparkContext context) {
        long max = context.conf().getSizeAsBytes("spark.driver.maxResultSize", "1g");
        return new DriverRoom(Runtime.getRuntime().maxMemory(), max == 0 ? Long.MAX_VALUE : max);
    }

    /** The bytes that all results of a job may have. */
    long ofResults() {
        return Math.min(heap / RESULT_DIVISOR, maxResultSize);
    }

    /**
     * Refuses results that do not fit.
     *
     * @param what names the results in the message
     * @param bytes bytes of all results of a job
     * @throws BatchNormException if they are more than {@link #ofResults}
     */
    void requireForResults(String what, long bytes) {
        require(what, bytes, RESULT_DIVISOR * bytes);
    }

    /**
     * Refuses transforms that do not fit. A driver has each transform twice, as it is and as it is broadcast, and the
     * states before and after a pass.
     *
     * @param column the tensor in words
     * @param batches number of transforms
     * @param channels C
     * @param bytesOfChannel bytes of a channel's transform
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
     * @param what names the refused thing in the message
     * @param sent bytes that a job sends to the driver
     * @param held bytes of the driver's heap that it will take
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
