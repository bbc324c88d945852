package io.github.sparkbatchnorm.spark.scan;

import java.io.Serializable;
import org.apache.spark.SparkContext;

/**
 * What a scan adds up.
 *
 * @param moments those of the samples
 * @param gradients their sums
 * @param ignoresNonFinite whether pairs that are not finite are left out of the gradients' sums
 * @param tasksAtOnce tasks that share a heap, as far as is known
 */
record ScanPlan(boolean moments, boolean gradients, boolean ignoresNonFinite, int tasksAtOnce) implements Serializable {
    /** Moments only. */
    static final ScanPlan MOMENTS = new ScanPlan(true, false, false, 1);

    /** The same, in tasks of an application. */
    ScanPlan in(SparkContext context) {
        int tasks = context.isLocal()
                ? context.defaultParallelism()
                : context.conf().getInt("spark.executor.cores", 1)
                        / context.conf().getInt("spark.task.cpus", 1);
        return new ScanPlan(moments, gradients, ignoresNonFinite, Math.max(1, tasks));
    }
}
