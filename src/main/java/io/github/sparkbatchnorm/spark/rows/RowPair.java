package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.RowSample;
import org.jspecify.annotations.Nullable;

/** A sample x and its gradients dy as read from one row. A pair is reused from row to row. */
public final class RowPair {
    private final RowSample sample = new RowSample();
    private final RowSample gradients = new RowSample();

    /** {@return the sample x} */
    public RowSample sample() {
        return sample;
    }

    /** {@return the gradients dy; of no meaning if none are read} */
    public RowSample gradients() {
        return gradients;
    }

    /**
     * Makes a channel missing in both that is missing in either.
     *
     * @return whether a channel is left
     */
    boolean uniteMissing() {
        boolean[] x = sample.missing();
        boolean[] dy = gradients.missing();
        if (x == null && dy == null) {
            return true;
        }
        boolean[] both = new boolean[sample.shape().channels()];
        int left = 0;
        for (int c = 0; c < both.length; c++) {
            both[c] = isMissing(x, c) || isMissing(dy, c);
            left += both[c] ? 0 : 1;
        }
        sample.setMissing(both);
        gradients.setMissing(both);
        return left > 0;
    }

    private static boolean isMissing(boolean @Nullable [] missing, int channel) {
        return missing != null && missing[channel];
    }
}
