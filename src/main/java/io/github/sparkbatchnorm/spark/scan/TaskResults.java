package io.github.sparkbatchnorm.spark.scan;

import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.serializer.SerializationStream;
import org.apache.spark.serializer.SerializerInstance;
import scala.reflect.ClassTag;

/**
 * Results of tasks, sent to the driver as bytes. Spark reads results in threads that know the jars of its start alone,
 * and the jar of the library may be one that a session of Spark Connect has added.
 */
final class TaskResults {
    private TaskResults() {}

    /** The elements of an RDD, at once: one job. The serializer is the one that Spark has for data. */
    @SuppressWarnings("unchecked") // each is what a task of these results made
    static <T extends Serializable> List<T> collect(JavaRDD<T> results) {
        List<byte[]> sent = results.map(TaskResults::bytes).collect();
        SerializerInstance serializer = serializer();
        ClassLoader ours = TaskResults.class.getClassLoader();
        List<T> received = new ArrayList<>(sent.size());
        for (byte[] bytes : sent) {
            received.add((T) serializer.deserialize(ByteBuffer.wrap(bytes), ours, ClassTag.Any()));
        }
        return received;
    }

    /** Written as a stream: a serializer that writes into one buffer has a limit for it. */
    private static byte[] bytes(Object result) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (SerializationStream stream = serializer().serializeStream(bytes)) {
            stream.writeObject(result, ClassTag.Any());
        }
        return bytes.toByteArray();
    }

    private static SerializerInstance serializer() {
        return SparkEnv.get().serializer().newInstance();
    }
}
