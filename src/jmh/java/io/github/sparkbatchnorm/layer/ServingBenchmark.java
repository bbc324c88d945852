package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost per value to serve one row of 256 channels at a time, there and back, in an array at hand?
 * Nanoseconds a value, one thread. {@code -jvmArgs -Xmx1g} runs it without the Vector API.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 3, jvmArgs = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class ServingBenchmark {
    private static final int CHANNELS = 256;

    private final SampleShape shape = SampleShape.channelsFirst(CHANNELS);
    private final float[] floats = new float[CHANNELS];
    private final float[] floatsOut = new float[CHANNELS];
    private final double[] doubles = new double[CHANNELS];
    private final double[] doublesOut = new double[CHANNELS];
    private ChannelTransform forward;
    private InverseTransform inverse;

    @Setup
    public void makeRow() {
        Random random = new Random(1);
        for (int c = 0; c < CHANNELS; c++) {
            doubles[c] = random.nextGaussian();
            floats[c] = (float) doubles[c];
        }
        BatchNormState state = BatchNormState.of(
                BatchNormConfig.DEFAULT,
                CHANNELS,
                random.doubles(CHANNELS, 0.5, 2).toArray(),
                random.doubles(CHANNELS, -1, 1).toArray(),
                random.doubles(CHANNELS, -1, 1).toArray(),
                random.doubles(CHANNELS, 0.5, 2).toArray(),
                1);
        forward = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        inverse = InverseTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
    }

    @Benchmark
    @OperationsPerInvocation(CHANNELS)
    public float[] normalizeFloats() {
        forward.apply(floats, shape, floatsOut);
        return floatsOut;
    }

    @Benchmark
    @OperationsPerInvocation(CHANNELS)
    public double[] normalizeDoubles() {
        forward.apply(doubles, shape, doublesOut);
        return doublesOut;
    }

    @Benchmark
    @OperationsPerInvocation(CHANNELS)
    public float[] denormalizeFloats() {
        inverse.apply(floats, shape, floatsOut);
        return floatsOut;
    }

    @Benchmark
    @OperationsPerInvocation(CHANNELS)
    public double[] denormalizeDoubles() {
        inverse.apply(doubles, shape, doublesOut);
        return doublesOut;
    }
}
