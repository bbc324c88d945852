package io.github.sparkbatchnorm.examples;

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.spark.api.java.JavaRDD;

/** The resources of a training step: what the step caches and opens is released at its end. */
final class StepScope implements AutoCloseable {
    private final Deque<Runnable> closing = new ArrayDeque<>();

    /** Caches data that several jobs of the step read. */
    <T> JavaRDD<T> cache(JavaRDD<T> data) {
        JavaRDD<T> cached = data.cache();
        closing.push(() -> cached.unpersist(false));
        return cached;
    }

    /** Registers what closes a pass at the end of the step. */
    void atEnd(Runnable close) {
        closing.push(close);
    }

    @Override
    public void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }
}
