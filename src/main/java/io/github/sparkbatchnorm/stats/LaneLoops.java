package io.github.sparkbatchnorm.stats;

import java.util.Arrays;
import java.util.concurrent.Callable;

/**
 * The loops over the values of a block for {@link BlockSums}. Lane j of row r is at index {@code first + r * stride +
 * j} of an array.
 *
 * <p>There are two implementations that give the same bits: plain Java, and the Vector API where the JVM has it. Both
 * are stateless, so all threads share {@link #BEST}.
 */
abstract class LaneLoops {
    private static final String VECTOR_API = "io.github.sparkbatchnorm.stats.VectorLaneLoops";

    // The trial block holds two vectors of 8 doubles in a row, and some lanes beside them.
    private static final int TRIAL_LANES = 22;
    private static final int TRIAL_STRIDE = 23;
    private static final int TRIAL_ROWS = 5;

    /**
     * The Vector API if the JVM runs with {@code --add-modules jdk.incubator.vector}, as Spark's do; else plain Java.
     */
    static final LaneLoops BEST = best(LaneLoops::vectorLoops);

    private static LaneLoops vectorLoops() throws ReflectiveOperationException {
        return Class.forName(VECTOR_API)
                .asSubclass(LaneLoops.class)
                .getDeclaredConstructor()
                .newInstance();
    }

    /**
     * The candidate if it gives the bits of plain Java for a trial block, else plain Java. Methods link when they first
     * run, so a JDK that changed the incubating API fails here and not in the middle of a task.
     *
     * @param candidate makes the loops to try; anything that it or the loops throw rules the loops out
     */
    static LaneLoops best(Callable<? extends LaneLoops> candidate) {
        LaneLoops plain = new ScalarLaneLoops();
        try {
            LaneLoops loops = candidate.call();
            return Arrays.deepEquals(loops.trial(), plain.trial()) ? loops : plain;
        } catch (Throwable e) {
            return plain;
        }
    }

    /** All numbers that the four loops find in a trial block: values of both signs, zeros, a NaN and an infinity. */
    private double[][] trial() {
        double[] x = new double[TRIAL_ROWS * TRIAL_STRIDE];
        double[] y = new double[x.length];
        float[] floatX = new float[x.length];
        float[] floatY = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = i % 5 == 0 ? 0 : Math.scalb((i % 2 - 0.5) / (i + 1), i % 17);
            y[i] = i == 40 ? Double.NaN : i == 41 ? Double.POSITIVE_INFINITY : 1 / (i - 50.3);
            floatX[i] = (float) x[i];
            floatY[i] = (float) y[i];
        }
        Ranges[] ranges = {new Ranges(), new Ranges()};
        range(floatY, 1, TRIAL_STRIDE, TRIAL_ROWS, 1, TRIAL_LANES, ranges[0]);
        range(y, 1, TRIAL_STRIDE, TRIAL_ROWS, 1, TRIAL_LANES, ranges[1]);
        Sums[] sums = {new Sums(), new Sums()};
        for (Sums splits : sums) {
            Arrays.fill(splits.splitSum, 0x1.8p30);
            Arrays.fill(splits.splitProduct, 0x1.8p32);
            Arrays.fill(splits.splitError, 0x1.8p-10);
        }
        sum(floatX, floatY, 1, TRIAL_STRIDE, TRIAL_ROWS, 1, TRIAL_LANES, sums[0]);
        sum(x, y, 1, TRIAL_STRIDE, TRIAL_ROWS, 1, TRIAL_LANES, sums[1]);
        return new double[][] {
            ranges[0].min,
            ranges[0].max,
            ranges[0].smallest,
            ranges[1].min,
            ranges[1].max,
            ranges[1].smallest,
            sums[0].sumHigh,
            sums[0].productHigh,
            sums[0].productLow,
            sums[1].sumHigh,
            sums[1].sumLow,
            sums[1].productHigh,
            sums[1].productLow,
            sums[1].errorHigh,
            sums[1].errorLow
        };
    }

    /**
     * Finds the ranges of all lanes of a block.
     *
     * @param values its values, or its factors
     */
    final void range(Object values, BlockSums.Block at, Ranges out) {
        int first = at.first();
        int stride = at.stride();
        int rows = at.rows();
        int last = at.lastLanes();
        if (values instanceof float[] x) {
            range(x, first, stride, rows, 0, last, out);
            range(x, first, stride, rows - 1, last, at.lanes(), out);
        } else {
            double[] x = (double[]) values;
            range(x, first, stride, rows, 0, last, out);
            range(x, first, stride, rows - 1, last, at.lanes(), out);
        }
    }

    /**
     * Sums the parts of all lanes of a block.
     *
     * <p>The second call of each pair has no lanes in most blocks. Behind a condition it is slow: C2 then inlines the
     * first one and keeps its sums in memory, 1.5 ns for 1.1 ns a pair of doubles.
     *
     * @param out has the splits of each lane, and takes the sums
     */
    final void sum(BlockSums.Block at, Sums out) {
        int first = at.first();
        int stride = at.stride();
        int rows = at.rows();
        int last = at.lastLanes();
        if (at.x() instanceof float[] x) {
            float[] y = (float[]) at.y();
            sum(x, y, first, stride, rows, 0, last, out);
            sum(x, y, first, stride, rows - 1, last, at.lanes(), out);
        } else {
            double[] x = (double[]) at.x();
            double[] y = (double[]) at.y();
            sum(x, y, first, stride, rows, 0, last, out);
            sum(x, y, first, stride, rows - 1, last, at.lanes(), out);
        }
    }

    /**
     * Finds the minimum, the maximum and the smallest magnitude other than 0 of each lane.
     *
     * @param rows number of rows
     * @param from the first lane
     * @param to one past the last lane
     */
    abstract void range(float[] x, int first, int stride, int rows, int from, int to, Ranges out);

    /** As {@link #range(float[], int, int, int, int, int, Ranges)}, of doubles. */
    abstract void range(double[] x, int first, int stride, int rows, int from, int to, Ranges out);

    /**
     * Sums the parts of the values, and of their products with factors, of each lane.
     *
     * @param x values
     * @param y the factor of each value, at its index
     * @param rows number of rows
     * @param from the first lane
     * @param to one past the last lane
     * @param out has the splits of these lanes, and takes the sums
     */
    abstract void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, Sums out);

    /** As {@link #sum(float[], float[], int, int, int, int, int, Sums)}, of doubles. */
    abstract void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, Sums out);

    /**
     * The range of the values, or of the factors, in each lane of a block; and the exponent that each lane is summed
     * with. Scratch of one {@link BlockSums}.
     */
    static final class Ranges {
        /** The minimum of each lane. A NaN in a lane makes its minimum or its maximum NaN. */
        final double[] min = new double[BlockSums.LANES];

        /** The maximum of each lane. */
        final double[] max = new double[BlockSums.LANES];

        /** The smallest magnitude other than 0 of each lane; anything if all its values are 0. */
        final double[] smallest = new double[BlockSums.LANES];

        /**
         * The exponent e that each lane is summed with: that of a magnitude not below its own; 0 if it is out of range.
         */
        final int[] exponent = new int[BlockSums.LANES];

        private final boolean[] exact = new boolean[BlockSums.LANES];

        /** The largest magnitude of a lane; NaN if the lane has a NaN. */
        double magnitude(int lane) {
            return Math.max(-min[lane], max[lane]);
        }

        /**
         * Sets the exponent that a lane is summed with.
         *
         * @param magnitude a magnitude not below the lane's own; NaN or an infinity for a lane that is not finite
         */
        void setExponent(int lane, double magnitude, boolean isFloat) {
            int e = magnitude == 0 ? 0 : Math.getExponent(magnitude);
            boolean inRange = Math.abs(e) <= BlockSums.MAX_EXPONENT; // NaN has the exponent of an infinity, 1024
            int span = isFloat ? BlockSums.FLOAT_SPAN : BlockSums.DOUBLE_SPAN;
            exponent[lane] = inRange ? e : 0;
            exact[lane] = inRange && (magnitude(lane) == 0 || smallest[lane] >= BlockSums.powerOfTwo(e - span));
        }

        /** Whether the bounds of {@link BlockSums} hold in a lane. */
        boolean isExact(int lane) {
            return exact[lane];
        }
    }

    /**
     * The sums of the parts of each lane of a block, and the numbers that split values into these parts.
     * {@link BlockSums} says what the parts are. Scratch of one {@code BlockSums}.
     */
    static final class Sums {
        /** Splits values that are doubles; floats need no split. */
        final double[] splitSum = new double[BlockSums.LANES];

        /** Splits products. */
        final double[] splitProduct = new double[BlockSums.LANES];

        /** Splits the rounding errors of products of doubles; products of floats have none. */
        final double[] splitError = new double[BlockSums.LANES];

        final double[] sumHigh = new double[BlockSums.LANES];
        /** Set for doubles only, like the sums of errors. */
        final double[] sumLow = new double[BlockSums.LANES];

        final double[] productHigh = new double[BlockSums.LANES];
        final double[] productLow = new double[BlockSums.LANES];
        final double[] errorHigh = new double[BlockSums.LANES];
        final double[] errorLow = new double[BlockSums.LANES];
    }
}
