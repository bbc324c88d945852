package io.github.sparkbatchnorm.spark.scan;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;

/** Names jobs in Spark's UI. */
final class JobDescription {
    private static final String PROPERTY = "spark.job.description";

    private JobDescription() {}

    /** Runs actions under a name, and gives the name before it back at the end. */
    static <T> T during(SparkContext context, String description, Supplier<T> actions) {
        String previous = context.getLocalProperty(PROPERTY);
        context.setJobDescription("batch norm: " + description);
        try {
            return actions.get();
        } finally {
            context.setJobDescription(previous);
        }
    }
}
