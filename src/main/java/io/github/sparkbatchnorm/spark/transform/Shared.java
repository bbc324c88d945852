package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.function.BooleanSupplier;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * A value broadcast to executors until it is closed. Plans that still need it then fail with a message that says so.
 *
 * <p>Spark sends an RDD with its function even where that is not called any more since the RDD is checkpointed. Such a
 * one is sent without the value; any other is refused where it is serialized, in the driver.
 */
public final class Shared<T> implements Serializable, AutoCloseable {
    private static final long serialVersionUID = 1L;

    /** Null where it was closed, in a task that does not need it. */
    private transient @Nullable Broadcast<T> broadcast;

    private transient volatile boolean closed;
    private transient BooleanSupplier dispensable = () -> false;

    public Shared(SparkContext context, T value) {
        broadcast = JavaSparkContext.fromSparkContext(context).broadcast(value);
    }

    /** Says when nothing will ask for the value any more, though what holds this is still sent to tasks. */
    public void setDispensable(BooleanSupplier when) {
        dispensable = when;
    }

    /**
     * Checks that the value can still be read.
     *
     * @throws BatchNormException if it is closed
     */
    public T value() {
        Broadcast<T> open = broadcast;
        if (closed || open == null) {
            throw isClosed();
        }
        return open.value();
    }

    /**
     * The value, on the driver or on an executor.
     *
     * @throws BatchNormException if it is closed and needed
     */
    public void checkUsable() {
        if (closed && !dispensable.getAsBoolean()) {
            throw isClosed();
        }
    }

    private static BatchNormException isClosed() {
        return new BatchNormException(
                "the output of a closed batch norm pass is used; expected it to be open as long as anything made of its"
                        + " output is: close it later, or save or checkpoint the output before");
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        checkUsable();
        out.defaultWriteObject();
        out.writeObject(closed ? null : broadcast);
    }

    @SuppressWarnings("unchecked") // what writeObject wrote
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        broadcast = (Broadcast<T>) in.readObject();
        dispensable = () -> false;
    }

    /** Takes it from the executors and the driver. */
    @Override
    public void close() {
        if (!closed && broadcast != null) {
            closed = true;
            broadcast.destroy();
        }
    }
}
