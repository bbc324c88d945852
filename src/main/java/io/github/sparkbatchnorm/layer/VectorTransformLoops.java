package io.github.sparkbatchnorm.layer;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops with the Vector API: as many values at a time as a vector of doubles has, the remaining ones one by one.
 */
final class VectorTransformLoops extends TransformLoops {
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Float> FLOATS =
            VectorSpecies.of(float.class, VectorShape.forBitSize(DOUBLES.vectorBitSize() / 2));
    private static final int STEP = DOUBLES.length();

    /** @throws UnsupportedOperationException if the vectors of this machine are too short to win */
    VectorTransformLoops() {
        if (STEP < 4) {
            throw new UnsupportedOperationException("vectors of " + STEP + " doubles");
        }
    }

    private static DoubleVector load(float[] x, int i) {
        return (DoubleVector) FloatVector.fromArray(FLOATS, x, i).convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    private static DoubleVector load(double[] x, int i) {
        return DoubleVector.fromArray(DOUBLES, x, i);
    }

    private static void store(DoubleVector y, float[] to, int i) {
        ((FloatVector) y.convertShape(VectorOperators.D2F, FLOATS, 0)).intoArray(to, i);
    }

    private static DoubleVector broadcast(double value) {
        return DoubleVector.broadcast(DOUBLES, value);
    }

    private static DoubleVector normalize(
            DoubleVector x, DoubleVector mean, DoubleVector rest, DoubleVector scale, DoubleVector bias) {
        return x.sub(mean).sub(rest).mul(scale).add(bias);
    }

    private static DoubleVector normalize(DoubleVector x, int c, ForwardParameters by) {
        return normalize(x, load(by.mean(), c), load(by.meanLow(), c), load(by.scale(), c), load(by.bias(), c));
    }

    @Override
    void normalizeRun(float[] x, float[] y, int from, int to, int c, ForwardParameters by) {
        DoubleVector mean = broadcast(by.mean()[c]);
        DoubleVector rest = broadcast(by.meanLow()[c]);
        DoubleVector scale = broadcast(by.scale()[c]);
        DoubleVector bias = broadcast(by.bias()[c]);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            store(normalize(load(x, i), mean, rest, scale, bias), y, i);
        }
        super.normalizeRun(x, y, i, to, c, by);
    }

    @Override
    void normalizeRun(double[] x, double[] y, int from, int to, int c, ForwardParameters by) {
        DoubleVector mean = broadcast(by.mean()[c]);
        DoubleVector rest = broadcast(by.meanLow()[c]);
        DoubleVector scale = broadcast(by.scale()[c]);
        DoubleVector bias = broadcast(by.bias()[c]);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            normalize(load(x, i), mean, rest, scale, bias).intoArray(y, i);
        }
        if (i < to) { // short runs feel the loading of the coefficients again
            super.normalizeRun(x, y, i, to, c, by);
        }
    }

    @Override
    void normalizeChannels(float[] x, float[] y, int start, int from, int to, ForwardParameters by) {
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            store(normalize(load(x, start + c), c, by), y, start + c);
        }
        super.normalizeChannels(x, y, start, c, to, by);
    }

    @Override
    void normalizeChannels(double[] x, double[] y, int start, int from, int to, ForwardParameters by) {
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            normalize(load(x, start + c), c, by).intoArray(y, start + c);
        }
        super.normalizeChannels(x, y, start, c, to, by);
    }

    private static DoubleVector slope(
            DoubleVector x, DoubleVector mean, DoubleVector rest, DoubleVector invstd, DoubleVector projection) {
        return x.sub(mean).sub(rest).mul(invstd).mul(projection);
    }

    private static DoubleVector gradient(
            DoubleVector dy, DoubleVector mean, DoubleVector rest, DoubleVector slope, DoubleVector scale) {
        return dy.sub(mean).sub(rest).sub(slope).mul(scale);
    }

    @Override
    void gradientRun(float[] x, float[] dy, float[] dx, int from, int to, int c, BackwardParameters by) {
        DoubleVector mean = broadcast(by.mean()[c]);
        DoubleVector rest = broadcast(by.meanLow()[c]);
        DoubleVector invstd = broadcast(by.invstd()[c]);
        DoubleVector projection = broadcast(by.projection()[c]);
        DoubleVector gradientMean = broadcast(by.gradientMean()[c]);
        DoubleVector gradientLow = broadcast(by.gradientMeanLow()[c]);
        DoubleVector scale = broadcast(by.scale()[c]);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            DoubleVector slope = slope(load(x, i), mean, rest, invstd, projection);
            store(gradient(load(dy, i), gradientMean, gradientLow, slope, scale), dx, i);
        }
        super.gradientRun(x, dy, dx, i, to, c, by);
    }

    @Override
    void gradientRun(double[] x, double[] dy, double[] dx, int from, int to, int c, BackwardParameters by) {
        DoubleVector mean = broadcast(by.mean()[c]);
        DoubleVector rest = broadcast(by.meanLow()[c]);
        DoubleVector invstd = broadcast(by.invstd()[c]);
        DoubleVector projection = broadcast(by.projection()[c]);
        DoubleVector gradientMean = broadcast(by.gradientMean()[c]);
        DoubleVector gradientLow = broadcast(by.gradientMeanLow()[c]);
        DoubleVector scale = broadcast(by.scale()[c]);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            DoubleVector slope = slope(load(x, i), mean, rest, invstd, projection);
            gradient(load(dy, i), gradientMean, gradientLow, slope, scale).intoArray(dx, i);
        }
        if (i < to) { // short runs feel the loading of the coefficients again
            super.gradientRun(x, dy, dx, i, to, c, by);
        }
    }

    @Override
    void gradientChannels(float[] x, float[] dy, float[] dx, int start, int from, int to, BackwardParameters by) {
        double[] mean = by.mean();
        double[] rest = by.meanLow();
        double[] invstd = by.invstd();
        double[] projection = by.projection();
        double[] gradientMean = by.gradientMean();
        double[] gradientLow = by.gradientMeanLow();
        double[] scale = by.scale();
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            int i = start + c;
            DoubleVector slope = slope(load(x, i), load(mean, c), load(rest, c), load(invstd, c), load(projection, c));
            DoubleVector result =
                    gradient(load(dy, i), load(gradientMean, c), load(gradientLow, c), slope, load(scale, c));
            store(result, dx, i);
        }
        super.gradientChannels(x, dy, dx, start, c, to, by);
    }

    @Override
    void gradientChannels(double[] x, double[] dy, double[] dx, int start, int from, int to, BackwardParameters by) {
        double[] mean = by.mean();
        double[] rest = by.meanLow();
        double[] invstd = by.invstd();
        double[] projection = by.projection();
        double[] gradientMean = by.gradientMean();
        double[] gradientLow = by.gradientMeanLow();
        double[] scale = by.scale();
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            int i = start + c;
            DoubleVector slope = slope(load(x, i), load(mean, c), load(rest, c), load(invstd, c), load(projection, c));
            DoubleVector result =
                    gradient(load(dy, i), load(gradientMean, c), load(gradientLow, c), slope, load(scale, c));
            result.intoArray(dx, i);
        }
        super.gradientChannels(x, dy, dx, start, c, to, by);
    }
}
