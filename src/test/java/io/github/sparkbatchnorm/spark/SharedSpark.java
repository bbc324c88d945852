package io.github.sparkbatchnorm.spark;

import com.holdenkarau.spark.testing.JavaDatasetSuiteBase;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.junit.jupiter.api.BeforeEach;

/**
 * The base of all tests that need Spark: one session, {@code spark()}, for the whole test JVM, and the comparisons of
 * spark-testing-base.
 *
 * <p>Kryo refuses every class that is not registered. The session is never stopped by a test; Spark's own shutdown hook
 * does that. The approximate comparisons of spark-testing-base compare arrays and vectors exactly.
 */
public abstract class SharedSpark extends JavaDatasetSuiteBase {
    private static final long serialVersionUID = 1L;

    /** Starts the session if no test has done so yet. */
    @BeforeEach
    void startSession() {
        runBefore();
    }

    @Override
    public SparkConf conf() {
        return super.conf()
                .setMaster("local[2]")
                .setAppName("spark-batchnorm tests")
                .set("spark.serializer", KryoSerializer.class.getName())
                .set("spark.kryo.registrator", BatchNormKryoRegistrator.class.getName())
                .set("spark.kryo.registrationRequired", "true")
                // What spark-testing-base sends to compare data sets, tests to make them, and a stream that writes
                // files.
                .set(
                        "spark.kryo.classesToRegister",
                        "org.apache.spark.sql.catalyst.expressions.GenericRow,"
                                + "org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema,[Ljava.lang.Float;,"
                                + "[Ljava.lang.Double;,[Lorg.apache.spark.sql.types.Metadata;,org.apache.spark.sql.execution.streaming.sinks.SinkFileStatus")
                .set("spark.default.parallelism", "2")
                .set("spark.sql.shuffle.partitions", "2")
                .set("spark.ui.enabled", "false");
    }

    @Override
    public boolean enableHiveSupport() {
        return false;
    }
}
