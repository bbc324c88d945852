package io.github.sparkbatchnorm.spark;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.TaskEndReason;
import org.apache.spark.executor.ExecutorMetrics;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.scheduler.TaskInfo;
import org.apache.spark.scheduler.TaskLocality;
import org.apache.spark.scheduler.cluster.ExecutorInfo;
import scala.Option;
import scala.collection.immutable.Map$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Events as Spark tells them to its listeners. */
public final class SparkEvents {
    private SparkEvents() {}

    private static <T> Seq<T> seq(List<T> list) {
        return CollectionConverters.asScala(list).toSeq();
    }

    private static StageInfo stage(int id) {
        return new StageInfo(
                id,
                0,
                "stage",
                4,
                seq(List.of()),
                seq(List.of()),
                "",
                TaskMetrics.empty(),
                seq(List.of()),
                Option.empty(),
                ResourceProfile.DEFAULT_RESOURCE_PROFILE_ID(),
                false,
                0);
    }

    /** A job of some stages, with local properties. */
    public static SparkListenerJobStart jobStart(Map<String, String> properties, int... stages) {
        Properties local = new Properties();
        local.putAll(properties);
        return new SparkListenerJobStart(
                0,
                0,
                seq(java.util.Arrays.stream(stages).mapToObj(SparkEvents::stage).toList()),
                local);
    }

    public static SparkListenerStageCompleted stageCompleted(int stage) {
        return new SparkListenerStageCompleted(stage(stage));
    }

    /** The start of a task for a partition of a stage on an executor. */
    public static SparkListenerTaskStart taskStart(int stage, int partition, String executor, boolean speculative) {
        return new SparkListenerTaskStart(stage, 0, task(partition, executor, speculative));
    }

    public static SparkListenerTaskEnd taskEnd(int stage, int partition, TaskEndReason reason, TaskMetrics metrics) {
        return new SparkListenerTaskEnd(
                stage, 0, "ResultTask", reason, task(partition, "1", false), new ExecutorMetrics(), metrics);
    }

    private static TaskInfo task(int partition, String executor, boolean speculative) {
        return new TaskInfo(0, partition, 0, partition, 0, executor, "host", TaskLocality.ANY(), speculative);
    }

    public static SparkListenerExecutorAdded executorAdded(String id) {
        return new SparkListenerExecutorAdded(0, id, new ExecutorInfo("host", 1, Map$.MODULE$.empty()));
    }

    public static SparkListenerExecutorRemoved executorRemoved(String id, String reason) {
        return new SparkListenerExecutorRemoved(0, id, reason);
    }
}
