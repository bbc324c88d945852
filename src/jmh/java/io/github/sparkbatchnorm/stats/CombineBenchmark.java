package io.github.sparkbatchnorm.stats;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How long does a driver take to combine 10,000 partials of 2,048 channels, and to round them? */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgs = "-Xmx1g")
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@State(Scope.Thread)
public class CombineBenchmark {
    private static final int PARTIALS = 10_000;
    private static final int CHANNELS = 2_048;

    /** Different ones, used again and again: as many as fit the memory. */
    private final ChannelMoments[] partials = new ChannelMoments[100];

    @Setup
    public void makePartials() {
        Random random = new Random(1);
        SampleShape shape = SampleShape.channelsFirst(CHANNELS);
        for (int p = 0; p < partials.length; p++) {
            ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(CHANNELS);
            for (int s = 0; s < 100; s++) {
                float[] sample = new float[CHANNELS];
                for (int i = 0; i < CHANNELS; i++) {
                    sample[i] = (float) (1 + 3 * random.nextGaussian());
                }
                moments.add(sample, shape);
            }
            partials[p] = moments.snapshot();
        }
    }

    @Benchmark
    public ChannelStatistics combineAndRound() {
        ChannelMoments.Accumulator all = new ChannelMoments.Accumulator(CHANNELS);
        for (int p = 0; p < PARTIALS; p++) {
            all.addAll(partials[p % partials.length]);
        }
        return all.snapshot().statistics();
    }

    /** As Spark's tree reduction does it: two at a time. */
    @Benchmark
    public ChannelStatistics combineTwoByTwo() {
        ChannelMoments all = partials[0];
        for (int p = 1; p < PARTIALS; p++) {
            all = all.combine(partials[p % partials.length]);
        }
        return all.statistics();
    }
}
