package io.github.sparkbatchnorm.layer;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** As many values at a time as a vector of doubles has; those that are left, one by one. */
final class VectorTransformLoops extends TransformLoops {
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Float> FLOATS =
            VectorSpecies.of(float.class, VectorShape.forBitSize(DOUBLES.vectorBitSize() / 2));
    private static final int STEP = DOUBLES.length();

    private final ScalarTransformLoops scalar = new ScalarTransformLoops();

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
        return normalize(x, load(by.mean(), c), load(by.meanRest(), c), load(by.scale(), c), load(by.bias(), c));
    }

    @Override
    void normalizeRun(float[] x, float[] y, int from, int to, int c, ForwardParameters by) {
        DoubleVector mean = broadcast(by.mean()[c]);
        DoubleVector rest = broadcast(by.meanRest()[c]);
        DoubleVector scale = broadcast(by.scale()[c]);
        DoubleVector bias = broadcast(by.bias()[c]);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            store(normalize(load(x, i), mean, rest, scale, bias), y, i);
        }
        scalar.normalizeRun(x, y, i, to, c, by);
    }

    @Override
    void normalizeRun(double[] x, double[] y, int from, int to, int c, ForwardParameters by) {
        DoubleVector mean = broadcast(by.mean()[c]);
        DoubleVector rest = broadcast(by.meanRest()[c]);
        DoubleVector scale = broadcast(by.scale()[c]);
        DoubleVector bias = broadcast(by.bias()[c]);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            normalize(load(x, i), mean, rest, scale, bias).intoArray(y, i);
        }
        scalar.normalizeRun(x, y, i, to, c, by);
    }

    @Override
    void normalizeChannels(float[] x, float[] y, int start, int from, int to, ForwardParameters by) {
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            store(normalize(load(x, start + c), c, by), y, start + c);
        }
        scalar.normalizeChannels(x, y, start, c, to, by);
    }

    @Override
    void normalizeChannels(double[] x, double[] y, int start, int from, int to, ForwardParameters by) {
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            normalize(load(x, start + c), c, by).intoArray(y, start + c);
        }
        scalar.normalizeChannels(x, y, start, c, to, by);
    }

    /** Parameters of a channel, broadcast, or of consecutive channels. */
    private record Parameters(
            DoubleVector mean,
            DoubleVector rest,
            DoubleVector invstd,
            DoubleVector gradientMean,
            DoubleVector gradientRest,
            DoubleVector projection,
            DoubleVector scale) {

        static Parameters of(BackwardParameters by, int c) {
            return new Parameters(
                    broadcast(by.mean()[c]),
                    broadcast(by.meanRest()[c]),
                    broadcast(by.invstd()[c]),
                    broadcast(by.gradientMean()[c]),
                    broadcast(by.gradientMeanRest()[c]),
                    broadcast(by.projection()[c]),
                    broadcast(by.scale()[c]));
        }

        /** The parameters of consecutive channels. */
        static Parameters from(BackwardParameters by, int c) {
            return new Parameters(
                    load(by.mean(), c),
                    load(by.meanRest(), c),
                    load(by.invstd(), c),
                    load(by.gradientMean(), c),
                    load(by.gradientMeanRest(), c),
                    load(by.projection(), c),
                    load(by.scale(), c));
        }

        DoubleVector gradient(DoubleVector x, DoubleVector dy) {
            DoubleVector slope = x.sub(mean).sub(rest).mul(invstd).mul(projection);
            return dy.sub(gradientMean).sub(gradientRest).sub(slope).mul(scale);
        }
    }

    @Override
    void gradientRun(float[] x, float[] dy, float[] dx, int from, int to, int c, BackwardParameters by) {
        Parameters parameters = Parameters.of(by, c);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            store(parameters.gradient(load(x, i), load(dy, i)), dx, i);
        }
        scalar.gradientRun(x, dy, dx, i, to, c, by);
    }

    @Override
    void gradientRun(double[] x, double[] dy, double[] dx, int from, int to, int c, BackwardParameters by) {
        Parameters parameters = Parameters.of(by, c);
        int i = from;
        for (; i <= to - STEP; i += STEP) {
            parameters.gradient(load(x, i), load(dy, i)).intoArray(dx, i);
        }
        scalar.gradientRun(x, dy, dx, i, to, c, by);
    }

    @Override
    void gradientChannels(float[] x, float[] dy, float[] dx, int start, int from, int to, BackwardParameters by) {
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            int i = start + c;
            store(Parameters.from(by, c).gradient(load(x, i), load(dy, i)), dx, i);
        }
        scalar.gradientChannels(x, dy, dx, start, c, to, by);
    }

    @Override
    void gradientChannels(double[] x, double[] dy, double[] dx, int start, int from, int to, BackwardParameters by) {
        int c = from;
        for (; c <= to - STEP; c += STEP) {
            int i = start + c;
            Parameters.from(by, c).gradient(load(x, i), load(dy, i)).intoArray(dx, i);
        }
        scalar.gradientChannels(x, dy, dx, start, c, to, by);
    }
}
