package io.github.sparkbatchnorm.spark.scan;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;

/** The description of jobs in Spark's UI and progress bar. */
public final class JobDescription {
    private static final String PROPERTY = "spark.job.description";

    private JobDescription() {}

    /**
     * Runs actions under a description; the one before comes back at the end.
     *
     * @param context whose jobs they are
     * @param description in words, without the name of the library
     * @param actions run at once
     * @param <T> their result
     * @return what they return
     */
    public static <T> T during(SparkContext context, String description, Supplier<T> actions) {
        String previous = context.getLocalProperty(PROPERTY);
        context.setJobDescription("batch norm: " + description);
        try {
            return actions.get();
        } finally {
            context.setJobDescription(previous);
        }
    }
}
