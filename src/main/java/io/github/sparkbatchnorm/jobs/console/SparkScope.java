package io.github.sparkbatchnorm.jobs.console;

import io.github.sparkbatchnorm.spark.scan.JobDescription;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** The Spark session of one command: the one that is there, or one of our own, which ends with it. */
public final class SparkScope implements AutoCloseable {
    /** The class that spark-submit starts; without {@code --name} the application is called so. */
    public static final String MAIN_CLASS = "io.github.sparkbatchnorm.jobs.Main";

    /** How deep in the causes of a failed task an executor looks for an error for which it ends its process. */
    private static final String KILL_DEPTH = "spark.executor.killOnFatalError.depth";

    private static final String JOB_DESCRIPTION = "spark.job.description";

    private final SparkSession session;
    private final boolean own;
    private final @Nullable String previousDescription;

    private SparkScope(SparkSession session, boolean own) {
        this.session = session;
        this.own = own;
        this.previousDescription = session.sparkContext().getLocalProperty(JOB_DESCRIPTION);
    }

    public static SparkScope open(String command) {
        if (SparkSession.getActiveSession().isDefined()) {
            return new SparkScope(SparkSession.getActiveSession().get(), false);
        }
        if (SparkSession.getDefaultSession().isDefined()) {
            return new SparkScope(SparkSession.getDefaultSession().get(), false);
        }
        SparkConf conf = new SparkConf();
        SparkSession.Builder builder = SparkSession.builder();
        // spark-submit names an application by its class unless --name says otherwise.
        if (conf.get("spark.app.name", MAIN_CLASS).equals(MAIN_CLASS)) {
            builder = builder.appName("batchnorm " + command);
        }
        String master = conf.get("spark.master", "");
        if (master.startsWith("local[") || master.equals("local")) {
            // The executor is this process: a task without memory is to fail the job, not to end the process.
            builder = builder.config(KILL_DEPTH, conf.get(KILL_DEPTH, "0"));
        }
        try {
            SparkScope scope = new SparkScope(builder.getOrCreate(), true);
            scope.useSettings();
            return scope;
        } catch (Exception e) {
            Optional<String> wrong = SettingError.of(e, conf);
            if (wrong.isPresent()) {
                throw new UsageException(wrong.get());
            }
            throw e;
        }
    }

    /** Uses the settings that Spark looks at late, so that a wrong one is not taken for a fault of the input. */
    private void useSettings() {
        try {
            session.conf(); // all of Spark SQL's
            session.sparkContext().defaultParallelism();
            // The serializer and the compression.
            JavaSparkContext.fromSparkContext(session.sparkContext())
                    .broadcast(0)
                    .destroy();
        } catch (Throwable e) {
            session.stop();
            throw e;
        }
    }

    public SparkSession session() {
        return session;
    }

    /** Hadoop's settings, those of Spark's {@code spark.hadoop} included. */
    public Configuration hadoopConfiguration() {
        return session.sparkContext().hadoopConfiguration();
    }

    /** Names the jobs that follow in Spark's UI and progress. */
    public void describe(String description) {
        JobDescription.set(session.sparkContext(), description);
    }

    @Override
    public void close() {
        session.sparkContext().setJobDescription(previousDescription);
        if (own) {
            session.stop();
        }
    }
}
