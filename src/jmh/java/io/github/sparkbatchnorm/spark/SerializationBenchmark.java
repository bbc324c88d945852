package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import scala.reflect.ClassTag$;

/** What does it cost to send a state, or the moments of a partition, of 2,048 channels, and how large is it? */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgs = {"--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED", "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class SerializationBenchmark {
    private static final int CHANNELS = 2_048;

    @Param({"kryo", "java"})
    public String serializer = "";

    @Param({"state", "moments"})
    public String what = "";

    private SerializerInstance instance = new JavaSerializer(new SparkConf()).newInstance();
    private Object value = "";

    @Setup
    public void make() {
        SparkConf conf = new SparkConf().set("spark.kryo.registrator", BatchNormKryoRegistrator.class.getName());
        instance = serializer.equals("kryo")
                ? new KryoSerializer(conf).newInstance()
                : new JavaSerializer(conf).newInstance();
        Random random = new Random(1);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(CHANNELS);
        for (int s = 0; s < 100; s++) {
            moments.add(random.doubles(CHANNELS).toArray(), SampleShape.channelsFirst(CHANNELS));
        }
        value = what.equals("moments")
                ? moments.snapshot()
                : BatchNormState.initial(CHANNELS, BatchNormConfig.DEFAULT)
                        .afterBatches(List.of(moments.snapshot().statistics()), NonFinitePolicy.PROPAGATE);
        System.out.println(serializer + ", " + what + ": " + write().remaining() + " bytes");
    }

    private ByteBuffer write() {
        return instance.serialize(value, ClassTag$.MODULE$.apply(Object.class));
    }

    @Benchmark
    public Object roundTrip() {
        return instance.deserialize(write(), ClassTag$.MODULE$.apply(Object.class));
    }
}
