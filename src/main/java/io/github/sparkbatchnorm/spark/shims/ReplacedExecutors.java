package io.github.sparkbatchnorm.spark.shims;

import java.util.List;
import java.util.Set;
import org.apache.spark.ExecutorAllocationClient;
import org.apache.spark.SparkContext;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Ends executors so that the cluster manager starts others in their place.
 *
 * <p>Spark's public {@code killExecutor} also lowers the number of executors that the application wants, so that no
 * other one comes, and is refused under dynamic allocation. {@code killAndReplaceExecutor}, which is not public either,
 * counts the lost tasks as failed ones, of which a few end the job. So the scheduler's backend is asked itself, as
 * Spark does for executors on excluded hosts: the wanted number stays, a busy executor ends too, and no task is to
 * blame.
 */
public final class ReplacedExecutors {
    private ReplacedExecutors() {}

    /**
     * {@return whether there is a cluster manager that ends and starts executors}
     *
     * @param context of the application
     */
    public static boolean arePossible(SparkContext context) {
        return context.schedulerBackend() instanceof ExecutorAllocationClient;
    }

    /**
     * {@return the executors that are there}
     *
     * @param context for which {@link #arePossible}
     */
    public static Set<String> ids(SparkContext context) {
        return Set.copyOf(CollectionConverters.asJava(client(context).getExecutorIds()));
    }

    /**
     * Ends an executor. It ends a little later, and the other one comes when it comes.
     *
     * @param context for which {@link #arePossible}
     * @param id of the executor
     * @return whether the cluster manager does it
     */
    public static boolean end(SparkContext context, String id) {
        return client(context)
                .killExecutors(
                        CollectionConverters.asScala(List.of(id)).toSeq(),
                        false, // the wanted number of executors stays
                        false, // no failure of its tasks
                        true) // also if it is busy
                .nonEmpty();
    }

    private static ExecutorAllocationClient client(SparkContext context) {
        return (ExecutorAllocationClient) context.schedulerBackend();
    }
}
