package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.function.BooleanSupplier;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.serializer.SerializerInstance;
import org.jspecify.annotations.Nullable;
import scala.reflect.ClassTag;

/**
 * A value broadcast to executors until it is closed. A plan that still needs the value then fails with a message that
 * says so.
 *
 * <p>Spark sends an RDD together with its function, even where the RDD is checkpointed and the function is not called
 * any more. A handle in such a function is sent without the value; any other closed handle is refused where it is
 * serialized, in the driver.
 */
final class BroadcastHandle<T> implements ValueSource<T>, AutoCloseable {
    private static final long serialVersionUID = 1L;

    private static final ClassLoader OURS = BroadcastHandle.class.getClassLoader();

    /** A copy of the value; null while none was needed. */
    private transient volatile @Nullable T own;

    /** Null if it was closed before it was sent to a task that does not need it. */
    private transient @Nullable Broadcast<T> broadcast;

    private transient volatile boolean closed;
    private transient BooleanSupplier dispensable = () -> false;

    BroadcastHandle(SparkContext context, T value) {
        broadcast = JavaSparkContext.fromSparkContext(context).broadcast(value);
    }

    /** @param when whether nothing will ask for the value any more, though functions with this handle are still sent */
    void setDispensable(BooleanSupplier when) {
        dispensable = when;
    }

    /**
     * The value, on the driver or on an executor.
     *
     * @throws BatchNormException if the handle is closed
     */
    @Override
    public T value() {
        Broadcast<T> open = broadcast;
        if (closed || open == null) {
            throw isClosed();
        }
        T value = open.value();
        return value.getClass().getClassLoader() == OURS ? value : ofOurClasses(value);
    }

    /**
     * The value as objects of these classes. Where tasks run in the process of the driver, and a session of Spark
     * Connect has added the jar of the library, tasks load the classes anew, and the driver's object is of other ones.
     */
    @SuppressWarnings("unchecked")
    private T ofOurClasses(T value) {
        T made = own;
        if (made == null) {
            SerializerInstance serializer = SparkEnv.get().closureSerializer().newInstance();
            made = (T) serializer.deserialize(serializer.serialize(value, ClassTag.Any()), OURS, ClassTag.Any());
            own = made;
        }
        return made;
    }

    /**
     * Checks that the value can still be read, or is dispensable.
     *
     * @throws BatchNormException if the handle is closed and the value is needed
     */
    void checkUsable() {
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

    /** Destroys the broadcast, on the executors and the driver. */
    @Override
    public void close() {
        if (!closed && broadcast != null) {
            closed = true;
            broadcast.destroy();
        }
    }
}
