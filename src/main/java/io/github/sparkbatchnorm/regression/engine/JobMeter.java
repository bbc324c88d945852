package io.github.sparkbatchnorm.regression.engine;

import io.github.sparkbatchnorm.spark.meter.TaskCounts;
import io.github.sparkbatchnorm.spark.meter.TaskMeter;
import org.apache.spark.SparkContext;

/** Adds up what the tasks of each operation read, shuffle and write. */
public final class JobMeter {
    private final SparkContext context;

    /** @param context of the jobs */
    public JobMeter(SparkContext context) {
        this.context = context;
    }

    /**
     * What an operation took.
     *
     * @param seconds by the clock
     * @param cpuSeconds of all tasks
     * @param bytesRead from the input
     * @param bytesShuffled between stages, as written
     * @param bytesWritten to the output
     */
    public record Usage(double seconds, double cpuSeconds, long bytesRead, long bytesShuffled, long bytesWritten) {}

    /**
     * Runs an operation and measures it.
     *
     * @param operation runs jobs in this thread
     * @return what it took
     */
    public Usage measure(Runnable operation) {
        try (TaskMeter meter = new TaskMeter(context)) {
            long start = System.nanoTime();
            operation.run();
            double seconds = (System.nanoTime() - start) / 1e9;
            TaskCounts counts = meter.await();
            TaskCounts.Bytes bytes = counts.bytes();
            return new Usage(seconds, counts.cpuSeconds(), bytes.read(), bytes.shuffled(), bytes.written());
        }
    }
}
