package io.github.sparkbatchnorm.layer;

import java.util.Arrays;
import java.util.concurrent.Callable;

/**
 * The loops over runs of one channel, and over rows of channels with one value of each, in plain Java. A subclass does
 * the same with the Vector API, and gives the same bits.
 */
class TransformLoops {
    private static final String VECTOR_API = "io.github.sparkbatchnorm.layer.VectorTransformLoops";

    /** The fastest loops that this JVM can run: the Vector API needs {@code --add-modules jdk.incubator.vector}. */
    static final TransformLoops BEST = chosen(TransformLoops::withVectorApi);

    private static TransformLoops withVectorApi() throws ReflectiveOperationException {
        return Class.forName(VECTOR_API)
                .asSubclass(TransformLoops.class)
                .getDeclaredConstructor()
                .newInstance();
    }

    /**
     * The candidate if each of its loops runs on this JVM and gives the bits of plain Java, else plain Java. An
     * incubating API may differ in any JVM, and then fails where it is first called.
     */
    static TransformLoops chosen(Callable<? extends TransformLoops> candidate) {
        TransformLoops plain = new TransformLoops();
        try {
            TransformLoops loops = candidate.call();
            return Arrays.deepEquals(loops.trial(), plain.trial()) ? loops : plain;
        } catch (Throwable e) { // whatever it is, plain Java does the work
            return plain;
        }
    }

    /** The results of each loop on a few values: more than a vector has, and not a multiple of it. */
    private Object[] trial() {
        int length = 37;
        double[][] p = new double[9][length];
        float[][] narrow = new float[2][length];
        for (int i = 0; i < length; i++) {
            for (int k = 0; k < p.length; k++) {
                p[k][i] = Math.sin(i + 40.0 * k);
            }
            narrow[0][i] = (float) p[0][i];
            narrow[1][i] = (float) p[1][i];
        }
        ForwardParameters forward = new ForwardParameters(p[2], p[3], p[4], p[5], null);
        BackwardParameters backward = new BackwardParameters(p[2], p[3], p[4], p[5], p[6], p[7], p[8], null);
        double[][] out = new double[4][length];
        float[][] narrowOut = new float[4][length];
        normalizeRun(p[0], out[0], 1, length, 1, forward);
        normalizeChannels(p[0], out[1], 1, 0, length - 1, forward);
        gradientRun(p[0], p[1], out[2], 1, length, 1, backward);
        gradientChannels(p[0], p[1], out[3], 1, 0, length - 1, backward);
        normalizeRun(narrow[0], narrowOut[0], 1, length, 1, forward);
        normalizeChannels(narrow[0], narrowOut[1], 1, 0, length - 1, forward);
        gradientRun(narrow[0], narrow[1], narrowOut[2], 1, length, 1, backward);
        gradientChannels(narrow[0], narrow[1], narrowOut[3], 1, 0, length - 1, backward);
        return new Object[] {out, narrowOut};
    }

    /** Sets y of the values {@code from <= i < to} of channel c. */
    void normalizeRun(float[] x, float[] y, int from, int to, int c, ForwardParameters by) {
        for (int i = from; i < to; i++) {
            y[i] = (float) by.applyDirect(x[i], c);
        }
    }

    /** Sets y of the values {@code from <= i < to} of channel c. */
    void normalizeRun(double[] x, double[] y, int from, int to, int c, ForwardParameters by) {
        // In local variables, since the JVM cannot know that y is none of these arrays.
        double mean = by.mean()[c];
        double meanLow = by.meanLow()[c];
        double scale = by.scale()[c];
        double bias = by.bias()[c];
        for (int i = from; i < to; i++) {
            y[i] = ((x[i] - mean) - meanLow) * scale + bias;
        }
    }

    /** Sets y of the values from {@code start} on: one of each channel {@code from <= c < to}. */
    void normalizeChannels(float[] x, float[] y, int start, int from, int to, ForwardParameters by) {
        for (int c = from; c < to; c++) {
            y[start + c] = (float) by.applyDirect(x[start + c], c);
        }
    }

    /** Sets y of the values from {@code start} on: one of each channel {@code from <= c < to}. */
    void normalizeChannels(double[] x, double[] y, int start, int from, int to, ForwardParameters by) {
        if (start == 0) { // one index for all arrays: C2 makes vectors of this loop
            for (int c = from; c < to; c++) {
                y[c] = by.applyDirect(x[c], c);
            }
        } else {
            for (int c = from; c < to; c++) {
                y[start + c] = by.applyDirect(x[start + c], c);
            }
        }
    }

    /**
     * Sets x of the values {@code from <= i < to} of channel c. No subclass does this: C2 makes vectors of divisions.
     * Floats have no such loop, since those of y serve them.
     */
    void denormalizeRun(double[] y, double[] x, int from, int to, int c, InverseParameters by) {
        double mean = by.mean()[c];
        double meanLow = by.meanLow()[c];
        double scale = by.scale()[c];
        double bias = by.bias()[c];
        for (int i = from; i < to; i++) {
            x[i] = mean + ((y[i] - bias) / scale + meanLow);
        }
    }

    /** Sets x of the values from {@code start} on: one of each channel {@code from <= c < to}. */
    void denormalizeChannels(double[] y, double[] x, int start, int from, int to, InverseParameters by) {
        if (start == 0) { // one index for all arrays: C2 makes vectors of this loop
            for (int c = from; c < to; c++) {
                x[c] = by.applyDirect(y[c], c);
            }
        } else {
            for (int c = from; c < to; c++) {
                x[start + c] = by.applyDirect(y[start + c], c);
            }
        }
    }

    /** Sets dx of the pairs {@code from <= i < to} of channel c. */
    void gradientRun(float[] x, float[] dy, float[] dx, int from, int to, int c, BackwardParameters by) {
        for (int i = from; i < to; i++) {
            dx[i] = (float) by.applyDirect(x[i], dy[i], c);
        }
    }

    /** Sets dx of the pairs {@code from <= i < to} of channel c. */
    void gradientRun(double[] x, double[] dy, double[] dx, int from, int to, int c, BackwardParameters by) {
        // In local variables, since the JVM cannot know that dx is none of these arrays.
        double mean = by.mean()[c];
        double meanLow = by.meanLow()[c];
        double invstd = by.invstd()[c];
        double projection = by.projection()[c];
        double gradientMean = by.gradientMean()[c];
        double gradientLow = by.gradientMeanLow()[c];
        double scale = by.scale()[c];
        for (int i = from; i < to; i++) {
            double slope = ((x[i] - mean) - meanLow) * invstd * projection;
            dx[i] = (((dy[i] - gradientMean) - gradientLow) - slope) * scale;
        }
    }

    /** Sets dx of the pairs from {@code start} on: one of each channel {@code from <= c < to}. */
    void gradientChannels(float[] x, float[] dy, float[] dx, int start, int from, int to, BackwardParameters by) {
        for (int c = from; c < to; c++) {
            dx[start + c] = (float) by.applyDirect(x[start + c], dy[start + c], c);
        }
    }

    /** Sets dx of the pairs from {@code start} on: one of each channel {@code from <= c < to}. */
    void gradientChannels(double[] x, double[] dy, double[] dx, int start, int from, int to, BackwardParameters by) {
        for (int c = from; c < to; c++) {
            dx[start + c] = by.applyDirect(x[start + c], dy[start + c], c);
        }
    }
}
