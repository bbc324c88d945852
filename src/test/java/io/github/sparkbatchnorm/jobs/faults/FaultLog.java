package io.github.sparkbatchnorm.jobs.faults;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.Success$;
import org.apache.spark.TaskEndReason;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorExcludedForStage;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerNodeExcludedForStage;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** What went wrong on the cluster, in lines: the proof that a fault has happened, and where. */
final class FaultLog extends SparkListener {
    private final Map<Integer, String> descriptions = new HashMap<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    /** How many tasks of each stage have succeeded. */
    private final Map<Integer, Long> successes = new ConcurrentHashMap<>();

    private volatile int lastStage;

    /** What has happened since the last call of {@link #clear}, such as {@code FetchFailed in batch norm: ...}. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    /** The lines of what has failed. */
    List<String> faults() {
        return lines.stream().filter(line -> !line.startsWith("success")).toList();
    }

    void clear() {
        lines.clear();
    }

    long count(String start) {
        return lines.stream().filter(line -> line.startsWith(start)).count();
    }

    /** How many tasks of the stage that was begun last have succeeded. */
    long successesOfLastStage() {
        return successes.getOrDefault(lastStage, 0L);
    }

    private void add(String what, int stage) {
        lines.add(what + " in " + descriptions.getOrDefault(stage, "?"));
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted event) {
        int stage = event.stageInfo().stageId();
        String description =
                event.properties() == null ? null : event.properties().getProperty("spark.job.description");
        descriptions.put(stage, String.valueOf(description));
        lastStage = stage;
        if (event.stageInfo().attemptNumber() > 0) {
            add("stage repeated", stage);
        }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
        TaskEndReason reason = event.reason();
        if (reason != Success$.MODULE$) {
            add(reason.getClass().getSimpleName(), event.stageId());
        } else {
            successes.merge(event.stageId(), 1L, Long::sum);
            add(event.taskInfo().speculative() ? "speculative copy won" : "success", event.stageId());
        }
    }

    @Override
    public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
        lines.add("executor lost: " + event.reason());
    }

    @Override
    public void onExecutorExcludedForStage(SparkListenerExecutorExcludedForStage event) {
        add("executor excluded", event.stageId());
    }

    @Override
    public void onNodeExcludedForStage(SparkListenerNodeExcludedForStage event) {
        add("host excluded", event.stageId());
    }
}
