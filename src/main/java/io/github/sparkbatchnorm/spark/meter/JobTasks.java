package io.github.sparkbatchnorm.spark.meter;

import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.spark.Resubmitted$;
import org.apache.spark.Success$;
import org.apache.spark.TaskCommitDenied;
import org.apache.spark.TaskEndReason;
import org.apache.spark.TaskKilled;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.TaskInfo;
import org.jspecify.annotations.Nullable;

/** Counts the tasks of the jobs that have a local property. Spark tells it in a thread of its own. */
final class JobTasks extends SparkListener {
    /** Spark's reason for an executor that the driver itself ended. */
    private static final String ENDED_BY_DRIVER = "Executor killed by driver.";

    private final String property;
    /** The partitions of each stage of these jobs for which a task was launched. */
    private final Map<Integer, BitSet> launchedByStage = new HashMap<>();

    private final Set<String> used = new HashSet<>();
    private final Set<String> lost = new HashSet<>();
    private final Set<String> released = new HashSet<>();
    private long cpuNanos;
    private long read;
    private long shuffled;
    private long spilled;
    private long written;
    private long results;
    private long launched;
    private long succeeded;
    private long failed;
    private long killed;
    private long retried;
    private long speculative;

    JobTasks(String property) {
        this.property = property;
    }

    synchronized TaskCounts counts() {
        return new TaskCounts(
                cpuNanos / 1e9,
                new TaskCounts.Bytes(read, shuffled, spilled, written, results),
                new TaskCounts.Tasks(launched, succeeded, failed, killed, retried, speculative),
                new TaskCounts.Executors(used.size(), lost.size(), released.size()));
    }

    @Override
    public synchronized void onJobStart(SparkListenerJobStart start) {
        if (start.properties() != null && start.properties().getProperty(property) != null) {
            start.stageInfos().foreach(stage -> launchedByStage.putIfAbsent(stage.stageId(), new BitSet()));
        }
    }

    @Override
    public synchronized void onTaskStart(SparkListenerTaskStart start) {
        BitSet partitions = launchedByStage.get(start.stageId());
        if (partitions == null) {
            return;
        }
        TaskInfo task = start.taskInfo();
        launched++;
        used.add(task.executorId());
        if (task.speculative()) {
            speculative++;
        } else if (partitions.get(task.partitionId())) {
            retried++;
        }
        partitions.set(task.partitionId());
    }

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
        if (!launchedByStage.containsKey(end.stageId())) {
            return;
        }
        countEnd(end.reason());
        @Nullable TaskMetrics metrics = end.taskMetrics();
        if (metrics != null) {
            cpuNanos += metrics.executorCpuTime();
            read += metrics.inputMetrics().bytesRead();
            shuffled += metrics.shuffleWriteMetrics().bytesWritten();
            spilled += metrics.diskBytesSpilled();
            written += metrics.outputMetrics().bytesWritten();
            results += metrics.resultSize();
        }
    }

    private void countEnd(TaskEndReason reason) {
        if (reason == Success$.MODULE$) {
            succeeded++;
        } else if (reason instanceof TaskKilled || reason instanceof TaskCommitDenied) {
            killed++;
        } else if (reason != Resubmitted$.MODULE$) { // that task has ended before; its result was lost
            failed++;
        }
    }

    /** Spark tells some removals twice. */
    @Override
    public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
        String id = removed.executorId();
        if (!lost.contains(id) && !released.contains(id)) {
            (removed.reason().equals(ENDED_BY_DRIVER) ? released : lost).add(id);
        }
    }
}
