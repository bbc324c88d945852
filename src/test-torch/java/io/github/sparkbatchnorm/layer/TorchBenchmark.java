package io.github.sparkbatchnorm.layer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How fast are our passes in memory beside those of PyTorch 2.7.1? float32, nanoseconds a value. Both make a fresh
 * output. With two threads ours works on half of the batch in each, as two tasks of Spark do; PyTorch uses its own.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {
            "--add-modules=jdk.incubator.vector",
            "-Xms2g",
            "-Xmx2g",
            "-Xmn256m",
            "-XX:+AlwaysPreTouch",
            "-Dai.djl.offline=true",
            "-DDJL_CACHE_DIR=target/djl",
            "-Dai.djl.pytorch.num_threads=1",
            "-Dai.djl.pytorch.num_interop_threads=1"
        })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class TorchBenchmark {
    private static final int VALUES = 1 << 20;

    /** Shape of a sample, channels first: NC, NCL, NCHW, NCDHW. */
    @Param({"256", "64x32", "64x32x32", "16x8x16x16"})
    public String shape = "";

    private static final int THREADS = Integer.getInteger("ai.djl.pytorch.num_threads", 1);

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private SampleShape sampleShape = SampleShape.channelsFirst(1);
    private float[][] x = {};
    private float[][] dy = {};
    private BatchNormState state = BatchNormState.initial(1, BatchNormConfig.DEFAULT);

    private NDManager manager;
    private NDArray input;
    private NDArray mean;
    private NDArray var;
    private NDArray weight;
    private NDArray bias;

    @Setup
    public void makeSamples() {
        String[] axes = shape.split("x", -1);
        int[] dims = new int[axes.length];
        long[] batch = new long[axes.length + 1];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Integer.parseInt(axes[i]);
            batch[i + 1] = dims[i];
        }
        sampleShape = SampleShape.channelsFirst(dims);
        int samples = VALUES / sampleShape.length();
        batch[0] = samples;
        Random random = new Random(1);
        x = new float[samples][sampleShape.length()];
        dy = new float[samples][sampleShape.length()];
        float[] flat = new float[VALUES];
        for (int i = 0; i < VALUES; i++) {
            flat[i] = (float) (1 + 3 * random.nextGaussian());
            x[i / sampleShape.length()][i % sampleShape.length()] = flat[i];
            dy[i / sampleShape.length()][i % sampleShape.length()] = 1;
        }
        int channels = sampleShape.channels();
        state = BatchNormState.initial(channels, BatchNormConfig.DEFAULT);
        manager = Engine.getEngine("PyTorch").newBaseManager();
        input = manager.create(flat, new Shape(batch));
        mean = manager.zeros(new Shape(channels));
        var = manager.ones(new Shape(channels));
        weight = manager.ones(new Shape(channels));
        bias = manager.zeros(new Shape(channels));
    }

    @TearDown
    public void close() {
        manager.close();
        threads.shutdown();
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public float[][] trainOurs() {
        return forward(ChannelTransform.ofBatch(statistics(), state, NonFinitePolicy.PROPAGATE));
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public float[][] evalOurs() {
        return forward(ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE));
    }

    /** Training forward and backward. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public float[][] stepOurs() {
        ChannelStatistics statistics = statistics();
        float[][] y = forward(ChannelTransform.ofBatch(statistics, state, NonFinitePolicy.PROPAGATE));
        GradientSums sums = inParts((from, to) -> {
                    GradientSums.Accumulator part =
                            new GradientSums.Accumulator(sampleShape.channels(), false);
                    for (int s = from; s < to; s++) {
                        part.add(x[s], dy[s], sampleShape);
                    }
                    return part.snapshot();
                })
                .stream()
                .reduce(GradientSums::combine)
                .orElseThrow();
        ChannelGradients gradients =
                ChannelGradients.ofBatch(sums, statistics, state.config().eps());
        GradientTransform transform = GradientTransform.ofBatch(gradients, statistics, state, NonFinitePolicy.PROPAGATE);
        inParts((from, to) -> {
            for (int s = from; s < to; s++) {
                y[s] = transform.apply(x[s], dy[s], sampleShape);
            }
            return y;
        });
        return y;
    }

    private ChannelStatistics statistics() {
        return inParts((from, to) -> {
                    ChannelMoments.Accumulator part = new ChannelMoments.Accumulator(sampleShape.channels());
                    for (int s = from; s < to; s++) {
                        part.add(x[s], sampleShape);
                    }
                    return part.snapshot();
                })
                .stream()
                .reduce(ChannelMoments::combine)
                .orElseThrow()
                .statistics();
    }

    private float[][] forward(ChannelTransform transform) {
        float[][] y = new float[x.length][];
        inParts((from, to) -> {
            for (int s = from; s < to; s++) {
                y[s] = transform.apply(x[s], sampleShape);
            }
            return y;
        });
        return y;
    }

    private interface Part<T> {
        T run(int from, int to);
    }

    /** Runs a part of the samples in each thread. */
    private <T> List<T> inParts(Part<T> part) {
        if (THREADS == 1) {
            return List.of(part.run(0, x.length));
        }
        List<Callable<T>> tasks = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int from = x.length * t / THREADS;
            int to = x.length * (t + 1) / THREADS;
            tasks.add(() -> part.run(from, to));
        }
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> result : threads.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public long trainTorch() {
        return torch(true);
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public long evalTorch() {
        return torch(false);
    }

    private long torch(boolean training) {
        try (NDArray y = batchNorm(training)) {
            return y.size();
        }
    }

    private NDArray batchNorm(boolean training) {
        return input.getNDArrayInternal()
                .batchNorm(input, mean, var, weight, bias, 1, 0.9f, 1e-5f, training)
                .singletonOrThrow();
    }

    /** Training forward and backward, of dy that PyTorch fills with ones first. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public long stepTorch() {
        for (NDArray array : new NDArray[] {input, weight, bias}) {
            array.setRequiresGradient(true);
        }
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector();
                NDArray y = batchNorm(true)) {
            collector.backward(y);
            return y.size();
        } finally {
            for (NDArray array : new NDArray[] {input, weight, bias}) {
                array.getGradient().close();
                array.setRequiresGradient(false);
            }
        }
    }
}
