package io.github.sparkbatchnorm.spark.scan;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;

/** The description of jobs in Spark's UI and progress bar. */
final class JobDescription {
    private static final String PROPERTY = "spark.job.description";

    private JobDescription() {}

    /**
     * Runs actions under a description; the one before comes back at the end.
     *
     * @param description in words, without the name of the library
     */
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
