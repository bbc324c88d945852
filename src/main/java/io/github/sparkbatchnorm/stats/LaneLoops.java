package io.github.sparkbatchnorm.stats;

/**
 * The loops over the values of a block for {@link BlockSums}: row by row, all lanes, or some of them.
 *
 * <p>Lane j of row r is at index {@code first + r * stride + j} of an array. There are two implementations with the
 * same results, to the bit: plain Java, and the Vector API where the JVM has it.
 */
abstract class LaneLoops {
    private static final String VECTOR_API = "io.github.sparkbatchnorm.stats.VectorLaneLoops";

    /** The faster ones that this JVM has. */
    static final LaneLoops BEST = best();

    /** Plain Java unless the JVM runs with {@code --add-modules jdk.incubator.vector}, as Spark's do. */
    private static LaneLoops best() {
        try {
            return Class.forName(VECTOR_API)
                    .asSubclass(LaneLoops.class)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            return new ScalarLaneLoops();
        }
    }

    /** The minimum, the maximum and the smallest magnitude other than 0 of lanes {@code from <= j < to}. */
    abstract void range(float[] x, int first, int stride, int rows, int from, int to, LaneRanges out);

    abstract void range(double[] x, int first, int stride, int rows, int from, int to, LaneRanges out);

    /** The sums of the parts of x, and of its products with y, in lanes {@code from <= j < to}. */
    abstract void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, LaneSums out);

    abstract void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, LaneSums out);
}
