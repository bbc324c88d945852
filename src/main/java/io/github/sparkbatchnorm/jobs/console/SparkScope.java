package io.github.sparkbatchnorm.jobs.console;

import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** The Spark session of one command: the session that is active, or a new one that ends with the command. */
public final class SparkScope implements AutoCloseable {
    /** The class that spark-submit starts, which is the name of an application without {@code --name}. */
    private static final String MAIN_CLASS = "io.github.sparkbatchnorm.jobs.Main";

    /** How many causes of a failed task an executor searches for an error that ends its process. */
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

    /**
     * Opens the session.
     *
     * @param command the name of the command
     * @throws UsageException if a setting of Spark is wrong
     */
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
            // The executor is this process: a task that runs out of memory must fail the job and not end the process.
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

    /** Uses the settings that Spark reads late, so that a wrong one is not mistaken for bad input. */
    private void useSettings() {
        try {
            session.conf(); // the settings of Spark SQL
            session.sparkContext().defaultParallelism();
            // A broadcast uses the serializer and the compression.
            JavaSparkContext.fromSparkContext(session.sparkContext())
                    .broadcast(0)
                    .destroy();
        } catch (Throwable e) {
            session.stop();
            throw e;
        }
    }

    /** The session. */
    public SparkSession session() {
        return session;
    }

    /** The settings of Hadoop, with those that Spark has as {@code spark.hadoop.*}. */
    public Configuration hadoopConfiguration() {
        return session.sparkContext().hadoopConfiguration();
    }

    /** Describes the jobs that follow, for Spark's UI. */
    public void describe(String description) {
        session.sparkContext().setJobDescription("batch norm: " + description);
    }

    @Override
    public void close() {
        session.sparkContext().setJobDescription(previousDescription);
        if (own) {
            session.stop();
        }
    }
}
