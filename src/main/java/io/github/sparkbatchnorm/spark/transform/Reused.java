package io.github.sparkbatchnorm.spark.transform;

import java.io.Serializable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Memory that calls use one after the other. A call that finds it in use, because another thread is at work, makes its
 * own. It is not serialized.
 *
 * @param <T> the memory
 */
public final class Reused<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final transient AtomicReference<@Nullable T> free = new AtomicReference<>();

    /**
     * {@return the memory, for this call alone}
     *
     * @param maker makes it where none is free
     */
    public T take(Supplier<T> maker) {
        T found = free.getAndSet(null);
        return found == null ? maker.get() : found;
    }

    /**
     * Gives the memory to the next call.
     *
     * @param used by this call, which does not use it any more
     */
    public void give(T used) {
        free.set(used);
    }

    private Object readResolve() {
        return new Reused<T>();
    }
}
