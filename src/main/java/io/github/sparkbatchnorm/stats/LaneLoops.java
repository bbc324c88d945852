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
        LaneRanges[] ranges = {new LaneRanges(), new LaneRanges()};
        range(floatY, 1, TRIAL_STRIDE, TRIAL_ROWS, 1, TRIAL_LANES, ranges[0]);
        range(y, 1, TRIAL_STRIDE, TRIAL_ROWS, 1, TRIAL_LANES, ranges[1]);
        LaneSums[] sums = {new LaneSums(), new LaneSums()};
        for (LaneSums splits : sums) {
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
    final void range(Object values, Block block, LaneRanges out) {
        range(values, block, block.rows(), 0, block.lastLanes(), out);
        range(values, block, block.rows() - 1, block.lastLanes(), block.lanes(), out);
    }

    private void range(Object values, Block block, int rows, int from, int to, LaneRanges out) {
        if (values instanceof float[] floats) {
            range(floats, block.first(), block.stride(), rows, from, to, out);
        } else {
            range((double[]) values, block.first(), block.stride(), rows, from, to, out);
        }
    }

    /**
     * Sums the parts of all lanes of a block.
     *
     * @param out has the splits of each lane, and takes the sums
     */
    final void sum(Block block, LaneSums out) {
        sum(block, block.rows(), 0, block.lastLanes(), out);
        sum(block, block.rows() - 1, block.lastLanes(), block.lanes(), out);
    }

    private void sum(Block block, int rows, int from, int to, LaneSums out) {
        if (block.x() instanceof float[] x) {
            sum(x, (float[]) block.y(), block.first(), block.stride(), rows, from, to, out);
        } else {
            sum((double[]) block.x(), (double[]) block.y(), block.first(), block.stride(), rows, from, to, out);
        }
    }

    /**
     * Finds the minimum, the maximum and the smallest magnitude other than 0 of each lane.
     *
     * @param rows number of rows
     * @param from the first lane
     * @param to one past the last lane
     */
    abstract void range(float[] x, int first, int stride, int rows, int from, int to, LaneRanges out);

    /** As {@link #range(float[], int, int, int, int, int, LaneRanges)}, of doubles. */
    abstract void range(double[] x, int first, int stride, int rows, int from, int to, LaneRanges out);

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
    abstract void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, LaneSums out);

    /** As {@link #sum(float[], float[], int, int, int, int, int, LaneSums)}, of doubles. */
    abstract void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, LaneSums out);
}
