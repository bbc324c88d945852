package io.github.sparkbatchnorm.layer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.sparkbatchnorm.stats.ChannelMoments;
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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How fast are our passes in memory beside those of PyTorch 2.7.1? float32, one thread, nanoseconds a value. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = {"--add-modules=jdk.incubator.vector", "-Xms2g", "-Xmx2g", "-Xmn256m", "-XX:+AlwaysPreTouch", "-Dai.djl.offline=true", "-DDJL_CACHE_DIR=target/djl", "-Dai.djl.pytorch.num_threads=1",
        "-Dai.djl.pytorch.num_interop_threads=1"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class TorchBenchmark {
    private static final int VALUES = 1 << 20;

    /** Shape of a sample, channels first: NC, NCL, NCHW, NCDHW. */
    @Param({"256", "64x32", "64x32x32", "16x8x16x16"})
    public String shape = "";

    private SampleShape sampleShape = SampleShape.channelsFirst(1);
    private float[][] x = {};
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
        float[] flat = new float[VALUES];
        for (int i = 0; i < VALUES; i++) {
            flat[i] = (float) (1 + 3 * random.nextGaussian());
            x[i / sampleShape.length()][i % sampleShape.length()] = flat[i];
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
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public float[][] trainOurs() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(sampleShape.channels());
        for (float[] sample : x) {
            moments.add(sample, sampleShape);
        }
        return apply(ChannelTransform.ofBatch(moments.snapshot().statistics(), state));
    }

    @Benchmark
    @OperationsPerInvocation(VALUES)
    public float[][] evalOurs() {
        return apply(ChannelTransform.ofRunning(state));
    }

    private float[][] apply(ChannelTransform transform) {
        float[][] y = new float[x.length][];
        for (int s = 0; s < x.length; s++) {
            y[s] = transform.apply(x[s], sampleShape);
        }
        return y;
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
        try (NDArray y = input.getNDArrayInternal()
                .batchNorm(input, mean, var, weight, bias, 1, 0.9f, 1e-5f, training)
                .singletonOrThrow()) {
            return y.size();
        }
    }
}
