package io.github.sparkbatchnorm.spark;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Names jobs in Spark's UI. */
final class JobDescription {
    private static final String PROPERTY = "spark.job.description";

    private JobDescription() {}

    /** Runs actions under a name, and gives the name before it back at the end. */
    static <T> T during(Dataset<Row> data, String description, Supplier<T> actions) {
        SparkContext context = data.sparkSession().sparkContext();
        String previous = context.getLocalProperty(PROPERTY);
        context.setJobDescription("batch norm: " + description);
        try {
            return actions.get();
        } finally {
            context.setJobDescription(previous);
        }
    }
}
