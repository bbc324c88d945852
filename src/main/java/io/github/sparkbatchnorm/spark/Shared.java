package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * A value broadcast to executors until it is closed. Plans that still hold it then fail with a message that says so.
 */
final class Shared<T> implements Serializable, AutoCloseable {
    private static final long serialVersionUID = 1L;

    private final Broadcast<T> broadcast;
    private transient volatile boolean closed;

    Shared(SparkContext context, T value) {
        broadcast = JavaSparkContext.fromSparkContext(context).broadcast(value);
    }

    /** @throws BatchNormException if it is closed, in the driver; a task is never sent with a closed one */
    T value() {
        checkOpen();
        return broadcast.value();
    }

    void checkOpen() {
        if (closed) {
            throw new BatchNormException(
                    "the output of a closed batch norm pass is used; expected it to be open as long"
                            + " as anything made of its output is: close it later, or save the output before");
        }
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        checkOpen();
        out.defaultWriteObject();
    }

    /** Takes it from the executors and the driver. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            broadcast.destroy();
        }
    }
}
