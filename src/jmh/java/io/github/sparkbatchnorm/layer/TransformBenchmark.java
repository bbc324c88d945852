package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does it cost per value to make y and dx once the statistics are known? Nanoseconds a value, one thread, each
 * sample a fresh array. {@code -jvmArgs -Xmx1g} runs it without the Vector API.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class TransformBenchmark {
    private static final int VALUES = 1 << 18;

    /** Shape of a sample, channels first: NC, NCL, NCHW. */
    @Param({"256", "64x32", "64x32x32"})
    public String shape = "";

    @Param({"float", "double"})
    public String type = "";

    private SampleShape sampleShape = SampleShape.channelsFirst(1);
    private float[][] floats = {};
    private double[][] doubles = {};
    private ChannelTransform forward;
    private GradientTransform backward;

    @Setup
    public void makeSamples() {
        int[] dims = Arrays.stream(shape.split("x", -1)).mapToInt(Integer::parseInt).toArray();
        sampleShape = SampleShape.channelsFirst(dims);
        int channels = sampleShape.channels();
        int samples = VALUES / sampleShape.length();
        Random random = new Random(1);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(channels);
        GradientSums.Accumulator sums = new GradientSums.Accumulator(channels, false);
        floats = new float[samples][sampleShape.length()];
        doubles = new double[samples][];
        for (int s = 0; s < samples; s++) {
            doubles[s] = random.doubles(sampleShape.length(), -2, 4).toArray();
            for (int i = 0; i < doubles[s].length; i++) {
                floats[s][i] = (float) doubles[s][i];
            }
            moments.add(doubles[s], sampleShape);
            sums.add(doubles[s], doubles[s], sampleShape);
        }
        BatchNormState state = BatchNormState.initial(channels, BatchNormConfig.DEFAULT);
        ChannelStatistics batch = moments.snapshot().statistics();
        ChannelGradients gradients =
                ChannelGradients.ofBatch(sums.snapshot(), batch, state.config().eps());
        forward = ChannelTransform.ofBatch(batch, state, NonFinitePolicy.PROPAGATE);
        backward = GradientTransform.ofBatch(gradients, batch, state, NonFinitePolicy.PROPAGATE);
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public void forward(Blackhole out) {
        if (type.equals("float")) {
            for (float[] x : floats) {
                out.consume(forward.apply(x, sampleShape));
            }
        } else {
            for (double[] x : doubles) {
                out.consume(forward.apply(x, sampleShape));
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public void backward(Blackhole out) {
        if (type.equals("float")) {
            for (float[] x : floats) {
                out.consume(backward.apply(x, x, sampleShape));
            }
        } else {
            for (double[] x : doubles) {
                out.consume(backward.apply(x, x, sampleShape));
            }
        }
    }
}
