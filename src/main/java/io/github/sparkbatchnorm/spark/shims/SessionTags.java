package io.github.sparkbatchnorm.spark.shims;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import scala.jdk.javaapi.CollectionConverters;

/** The tags by which a session interrupts what runs in it. Spark gives them to queries, but not to jobs of RDDs. */
public final class SessionTags {
    private SessionTags() {}

    /**
     * Runs actions whose jobs the session interrupts, as it interrupts its queries.
     *
     * @param session of the thread
     * @param actions run at once
     * @param <T> their result
     * @return what they return
     */
    public static <T> T during(SparkSession session, Supplier<T> actions) {
        SparkContext context = session.sparkContext();
        org.apache.spark.sql.classic.SparkSession own = (org.apache.spark.sql.classic.SparkSession) session;
        List<String> added = new ArrayList<>();
        List<String> tags = new ArrayList<>(
                CollectionConverters.asJava(own.managedJobTags().get()).values());
        tags.add(own.sessionJobTag());
        for (String tag : tags) {
            if (!context.getJobTags().contains(tag)) {
                context.addJobTag(tag);
                added.add(tag);
            }
        }
        try {
            return actions.get();
        } finally {
            added.forEach(context::removeJobTag);
        }
    }
}
