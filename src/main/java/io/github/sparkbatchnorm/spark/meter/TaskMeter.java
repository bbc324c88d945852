package io.github.sparkbatchnorm.spark.meter;

import io.github.sparkbatchnorm.spark.shims.EventQueue;
import java.util.UUID;
import org.apache.spark.SparkContext;

/**
 * Counts what the tasks of all jobs do that this thread starts, or a thread that it starts, until it is closed. Several
 * meters may count the same jobs. Where Spark drops events because its queue is full, the counts are too low.
 */
public final class TaskMeter implements AutoCloseable {
    private static final String PROPERTY = "spark.batchnorm.meter.";

    private final SparkContext context;
    private final String property = PROPERTY + UUID.randomUUID();
    private final JobTasks tasks = new JobTasks(property);

    /**
     * Starts to count.
     *
     * @param context of the jobs
     */
    public TaskMeter(SparkContext context) {
        this.context = context;
        context.addSparkListener(tasks);
        context.setLocalProperty(property, "");
    }

    /** {@return the counts of all that has ended until now} If Spark is ten seconds late, those that it has told. */
    public TaskCounts await() {
        EventQueue.await(context);
        return counts();
    }

    /** {@return the counts of what Spark has told until now; also when Spark has stopped} */
    public TaskCounts counts() {
        return tasks.counts();
    }

    /** Stops counting; to be called by the thread that began. */
    @Override
    public void close() {
        context.setLocalProperty(property, null);
        context.removeSparkListener(tasks);
    }
}
