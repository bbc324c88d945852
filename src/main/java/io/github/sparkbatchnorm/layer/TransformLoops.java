package io.github.sparkbatchnorm.layer;

/**
 * The loops over the values of a sample: runs of one channel, and rows of channels, one value of each.
 *
 * <p>There are two implementations with the same results, to the bit: plain Java, and the Vector API where the JVM has
 * it.
 */
abstract class TransformLoops {
    private static final String VECTOR_API = "io.github.sparkbatchnorm.layer.VectorTransformLoops";

    /** The faster ones that this JVM has. */
    static final TransformLoops BEST = best();

    /** Plain Java unless the JVM runs with {@code --add-modules jdk.incubator.vector}, as Spark's do. */
    private static TransformLoops best() {
        try {
            return Class.forName(VECTOR_API)
                    .asSubclass(TransformLoops.class)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            return new ScalarTransformLoops();
        }
    }

    /** y of the values {@code from <= i < to} of channel c. */
    abstract void normalizeRun(float[] x, float[] y, int from, int to, int c, ForwardParameters by);

    abstract void normalizeRun(double[] x, double[] y, int from, int to, int c, ForwardParameters by);

    /** y of the values from {@code start} on: one of each channel {@code from <= c < to}. */
    abstract void normalizeChannels(float[] x, float[] y, int start, int from, int to, ForwardParameters by);

    abstract void normalizeChannels(double[] x, double[] y, int start, int from, int to, ForwardParameters by);

    /** dx of the pairs {@code from <= i < to} of channel c. */
    abstract void gradientRun(float[] x, float[] dy, float[] dx, int from, int to, int c, BackwardParameters by);

    abstract void gradientRun(double[] x, double[] dy, double[] dx, int from, int to, int c, BackwardParameters by);

    /** dx of the pairs from {@code start} on: one of each channel {@code from <= c < to}. */
    abstract void gradientChannels(
            float[] x, float[] dy, float[] dx, int start, int from, int to, BackwardParameters by);

    abstract void gradientChannels(
            double[] x, double[] dy, double[] dx, int start, int from, int to, BackwardParameters by);
}
