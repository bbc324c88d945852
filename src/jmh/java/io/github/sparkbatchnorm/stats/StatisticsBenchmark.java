package io.github.sparkbatchnorm.stats;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What does it cost per value to sum exactly, beside sums that are not? Nanoseconds a value, one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class StatisticsBenchmark {
    private static final int VALUES = 1 << 20;

    /** Shape of a sample, channels first: NC, NCL, NCHW, NCDHW. */
    @Param({"256", "64x28", "64x28x28", "16x8x16x16"})
    public String shape = "";

    @Param({"float", "double"})
    public String type = "";

    private SampleShape sampleShape = SampleShape.channelsFirst(1);
    private float[][] floats = {};
    private double[][] doubles = {};

    @Setup
    public void makeSamples() {
        String[] axes = shape.split("x", -1);
        int[] dims = new int[axes.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Integer.parseInt(axes[i]);
        }
        sampleShape = SampleShape.channelsFirst(dims);
        int samples = VALUES / sampleShape.length();
        Random random = new Random(1);
        floats = new float[samples][sampleShape.length()];
        doubles = new double[samples][sampleShape.length()];
        for (int s = 0; s < samples; s++) {
            for (int i = 0; i < sampleShape.length(); i++) {
                floats[s][i] = (float) (1 + 3 * random.nextGaussian());
                doubles[s][i] = 1 + 3 * random.nextGaussian();
            }
        }
    }

    /** Ours: exact and order-free. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public ChannelMoments exact() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(sampleShape.channels());
        if (type.equals("float")) {
            for (float[] sample : floats) {
                moments.add(sample, sampleShape);
            }
        } else {
            for (double[] sample : doubles) {
                moments.add(sample, sampleShape);
            }
        }
        return moments.snapshot();
    }

    /** The same sums value by value into limbs, as a small superaccumulator does. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public ChannelMoments exactByValue() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(sampleShape.channels());
        int run = sampleShape.spatialSize();
        for (int s = 0; s < doubles.length; s++) {
            for (int c = 0; c < sampleShape.channels(); c++) {
                for (int i = c * run; i < (c + 1) * run; i++) {
                    moments.add(c, type.equals("float") ? floats[s][i] : doubles[s][i]);
                }
            }
        }
        return moments.snapshot();
    }

    /** Plain sums and sums of squares: neither exact nor order-free. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public double[][] naive() {
        double[][] sums = new double[2][sampleShape.channels()];
        int run = sampleShape.spatialSize();
        for (int s = 0; s < doubles.length; s++) {
            for (int c = 0; c < sampleShape.channels(); c++) {
                double sum = 0;
                double squares = 0;
                for (int i = c * run; i < (c + 1) * run; i++) {
                    double x = type.equals("float") ? floats[s][i] : doubles[s][i];
                    sum += x;
                    squares += x * x;
                }
                sums[0][c] += sum;
                sums[1][c] += squares;
            }
        }
        return sums;
    }

    /** Sums in double-double (Knuth's two-sum, fused multiply-add): accurate, not order-free. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public double[][] doubleDouble() {
        double[][] sums = new double[4][sampleShape.channels()];
        int run = sampleShape.spatialSize();
        for (int s = 0; s < doubles.length; s++) {
            for (int c = 0; c < sampleShape.channels(); c++) {
                double sum = sums[0][c];
                double rest = sums[1][c];
                double squares = sums[2][c];
                double squaresRest = sums[3][c];
                for (int i = c * run; i < (c + 1) * run; i++) {
                    double x = type.equals("float") ? floats[s][i] : doubles[s][i];
                    double total = sum + x;
                    double part = total - sum;
                    rest += (sum - (total - part)) + (x - part);
                    sum = total;
                    double p = x * x;
                    total = squares + p;
                    part = total - squares;
                    squaresRest += (squares - (total - part)) + (p - part) + Math.fma(x, x, -p);
                    squares = total;
                }
                sums[0][c] = sum;
                sums[1][c] = rest;
                sums[2][c] = squares;
                sums[3][c] = squaresRest;
            }
        }
        return sums;
    }

    /** Welford's running mean and variance. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public double[][] welford() {
        double[][] moments = new double[2][sampleShape.channels()];
        int run = sampleShape.spatialSize();
        long n = 0;
        for (int s = 0; s < doubles.length; s++) {
            for (int c = 0; c < sampleShape.channels(); c++) {
                double mean = moments[0][c];
                double spread = moments[1][c];
                for (int i = 0; i < run; i++) {
                    double x = type.equals("float") ? floats[s][c * run + i] : doubles[s][c * run + i];
                    double delta = x - mean;
                    mean += delta / (n + i + 1);
                    spread += delta * (x - mean);
                }
                moments[0][c] = mean;
                moments[1][c] = spread;
            }
            n += run;
        }
        return moments;
    }
}
