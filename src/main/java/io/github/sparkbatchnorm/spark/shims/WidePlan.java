package io.github.sparkbatchnorm.spark.shims;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.Dataset$;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import scala.collection.immutable.Map$;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;

/**
 * The plan of a data set with the limit of Spark's generated code lifted.
 *
 * <p>Above {@code spark.sql.codegen.maxFields} columns, 100 by default, Spark generates no code for a scan, and hands
 * out rows even where its reader makes columnar batches. Batches that are read in place need no generated code, so a
 * scan of many columns is planned once more, in a copy of the session whose limit is higher; the user's session is not
 * touched. A relation of files reads the limit from the session that made it, so it gets the copy too; and an option,
 * since Spark keeps the old one where a new one is equal, and the session does not count.
 */
final class WidePlan {
    private static final String MAX_FIELDS = "spark.sql.codegen.maxFields";
    private static final String DEFAULT_MAX_FIELDS = "100";

    private WidePlan() {}

    /** Whether Spark gives up its generated code for a data set of so many columns. */
    static boolean isWide(Dataset<Row> data) {
        return data.schema().length()
                > Integer.parseInt(data.sparkSession().conf().get(MAX_FIELDS, DEFAULT_MAX_FIELDS));
    }

    /** The physical plan with the limit lifted. */
    static SparkPlan of(Dataset<Row> data) {
        SparkSession session = ((SparkSession) data.sparkSession()).cloneSession();
        session.conf().set(MAX_FIELDS, Integer.MAX_VALUE);
        LogicalPlan plan = data.queryExecution().withCachedData().transform(new InSession(session));
        return Dataset$.MODULE$.ofRows(session, plan).queryExecution().executedPlan();
    }

    /** Moves the relations of files of a plan into a session. */
    private static final class InSession extends AbstractPartialFunction<LogicalPlan, LogicalPlan> {
        private final SparkSession session;

        InSession(SparkSession session) {
            this.session = session;
        }

        @Override
        public boolean isDefinedAt(LogicalPlan node) {
            return node instanceof LogicalRelation relation && relation.relation() instanceof HadoopFsRelation;
        }

        @Override
        public LogicalPlan apply(LogicalPlan node) {
            LogicalRelation relation = (LogicalRelation) node;
            HadoopFsRelation files = (HadoopFsRelation) relation.relation();
            Map<String, String> options = new HashMap<>(CollectionConverters.asJava(files.options()));
            options.put(MAX_FIELDS, "");
            HadoopFsRelation moved = new HadoopFsRelation(
                    files.location(),
                    files.partitionSchema(),
                    files.dataSchema(),
                    files.bucketSpec(),
                    files.fileFormat(),
                    Map$.MODULE$.from(CollectionConverters.asScala(options)),
                    session);
            return relation.copy(
                    moved, relation.output(), relation.catalogTable(), relation.isStreaming(), relation.stream());
        }
    }
}
