package io.github.sparkbatchnorm.spark.shims;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.InputAdapter;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanExec;
import org.apache.spark.sql.execution.adaptive.QueryStageExec;
import org.apache.spark.sql.util.QueryExecutionListener;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The physical operators that run in a session, by the names that their nodes have in a plan: those of Spark, such as
 * {@code HashAggregate}, or of an engine in their place, such as {@code CometHashAggregate}. Of a plan that adapts
 * while it runs, they are those of its last form.
 *
 * <p>It hears of all queries of the session, also of those inside a library, whose data sets nobody else can see. Close
 * it to stop that.
 */
public final class OperatorRecorder implements AutoCloseable {
    private final SparkSession session;
    private final Set<String> names = new LinkedHashSet<>();
    private final QueryExecutionListener listener = new Listener();

    /** @param session whose queries are recorded from now on */
    public OperatorRecorder(SparkSession session) {
        this.session = session;
        session.listenerManager().register(listener);
    }

    /**
     * {@return the operators of the queries that ended since the last call, each once, from the result down to the
     * data} If Spark is more than ten seconds late in telling of them, those that are known.
     */
    public List<String> take() {
        EventQueue.await(session.sparkContext());
        synchronized (names) {
            List<String> taken = List.copyOf(names);
            names.clear();
            return taken;
        }
    }

    @Override
    public void close() {
        session.listenerManager().unregister(listener);
    }

    private final class Listener implements QueryExecutionListener {
        @Override
        public void onSuccess(String function, QueryExecution query, long nanos) {
            add(query);
        }

        @Override
        public void onFailure(String function, QueryExecution query, Exception exception) {
            add(query);
        }

        private void add(QueryExecution query) {
            synchronized (names) {
                addNames(query.executedPlan());
            }
        }
    }

    private void addNames(SparkPlan plan) {
        if (plan instanceof AdaptiveSparkPlanExec adaptive) {
            addNames(adaptive.executedPlan());
        } else if (plan instanceof QueryStageExec stage) {
            addNames(stage.plan());
        } else {
            if (!(plan instanceof WholeStageCodegenExec || plan instanceof InputAdapter)) {
                names.add(plan.nodeName().strip());
            }
            CollectionConverters.asJava(plan.children()).forEach(this::addNames);
        }
    }
}
