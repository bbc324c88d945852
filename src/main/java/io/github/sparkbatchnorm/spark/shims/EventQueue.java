package io.github.sparkbatchnorm.spark.shims;

import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;

/** The queue in which Spark tells its listeners what happened, some time after it did. */
public final class EventQueue {
    private static final long PATIENCE_MILLIS = 10_000;

    private EventQueue() {}

    /**
     * Waits until the listeners have heard of all that happened before, or for ten seconds.
     *
     * @param context of the listeners
     */
    public static void await(SparkContext context) {
        try {
            context.listenerBus().waitUntilEmpty(PATIENCE_MILLIS);
        } catch (TimeoutException e) {
            // Other listeners keep the queue busy; what they hold back is not worth waiting longer.
        }
    }
}
