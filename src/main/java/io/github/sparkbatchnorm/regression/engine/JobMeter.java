package io.github.sparkbatchnorm.regression.engine;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.jspecify.annotations.Nullable;

/** Adds up what the tasks of each operation read, shuffle and write. */
public final class JobMeter implements AutoCloseable {
    private static final String OPERATION = "spark.batchnorm.regression.operation";
    private static final long PATIENCE_SECONDS = 30;

    private final JavaSparkContext context;
    private final Listener listener = new Listener();

    /**
     * Starts to listen.
     *
     * @param context of the jobs
     */
    public JobMeter(JavaSparkContext context) {
        this.context = context;
        context.sc().addSparkListener(listener);
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
        String id = UUID.randomUUID().toString();
        Totals totals = listener.totals(id);
        context.setLocalProperty(OPERATION, id);
        long start = System.nanoTime();
        double seconds;
        try {
            operation.run();
            seconds = (System.nanoTime() - start) / 1e9;
        } finally {
            context.setLocalProperty(OPERATION, null);
        }
        awaitEvents();
        return totals.usage(seconds);
    }

    /**
     * Waits until the events of all jobs so far have come: they come in order, so those of one more job are the last.
     */
    private void awaitEvents() {
        String id = UUID.randomUUID().toString();
        Totals last = listener.totals(id);
        context.setLocalProperty(OPERATION, id);
        try {
            context.parallelize(List.of(0), 1).count();
            last.ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            context.setLocalProperty(OPERATION, null);
        }
    }

    @Override
    public void close() {
        context.sc().removeSparkListener(listener);
    }

    private static final class Totals {
        private final CountDownLatch ended = new CountDownLatch(1);
        private long cpuNanos;
        private long read;
        private long shuffled;
        private long written;

        synchronized void add(TaskMetrics metrics) {
            cpuNanos += metrics.executorCpuTime();
            read += metrics.inputMetrics().bytesRead();
            shuffled += metrics.shuffleWriteMetrics().bytesWritten();
            written += metrics.outputMetrics().bytesWritten();
        }

        synchronized Usage usage(double seconds) {
            return new Usage(seconds, cpuNanos / 1e9, read, shuffled, written);
        }
    }

    private static final class Listener extends SparkListener {
        private final Map<String, Totals> byOperation = new ConcurrentHashMap<>();
        private final Map<Integer, Totals> byJob = new ConcurrentHashMap<>();
        private final Map<Integer, Totals> byStage = new ConcurrentHashMap<>();

        Totals totals(String operation) {
            return byOperation.computeIfAbsent(operation, id -> new Totals());
        }

        @Override
        public void onJobStart(SparkListenerJobStart start) {
            String operation =
                    start.properties() == null ? null : start.properties().getProperty(OPERATION);
            Totals totals = operation == null ? null : byOperation.get(operation);
            if (totals != null) {
                byJob.put(start.jobId(), totals);
                start.stageInfos().foreach(stage -> byStage.put(stage.stageId(), totals));
            }
        }

        @Override
        public void onTaskEnd(SparkListenerTaskEnd end) {
            Totals totals = byStage.get(end.stageId());
            @Nullable TaskMetrics metrics = end.taskMetrics();
            if (totals != null && metrics != null) {
                totals.add(metrics);
            }
        }

        @Override
        public void onJobEnd(SparkListenerJobEnd end) {
            Totals totals = byJob.remove(end.jobId());
            if (totals != null) {
                totals.ended.countDown();
            }
        }
    }
}
