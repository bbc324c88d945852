package io.github.sparkbatchnorm.sql;

import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.SparkSessionExtensionsProvider;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.Function1;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Gives each session the catalog {@code bn}, unless it has one of that name or {@code spark.batchnorm.catalog} is
 * false. Spark finds this class in the jar, by its service file, when a session starts.
 *
 * <p>Spark has no hook that is called with a new session alone; it calls the maker of a check of plans with one. The
 * check itself checks nothing.
 */
public final class BatchNormExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit>
        implements SparkSessionExtensionsProvider {
    private static final String SETTING = "spark.sql.catalog.bn";
    private static final String SWITCH = "spark.batchnorm.catalog";

    /** Creates the provider; Spark calls it. */
    public BatchNormExtensions() {}

    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        extensions.injectCheckRule(new AbstractFunction1<>() {
            @Override
            public Function1<LogicalPlan, BoxedUnit> apply(SparkSession session) {
                addCatalog(session);
                return NO_CHECK;
            }
        });
        return BoxedUnit.UNIT;
    }

    private static final Function1<LogicalPlan, BoxedUnit> NO_CHECK = new AbstractFunction1<>() {
        @Override
        public BoxedUnit apply(LogicalPlan plan) {
            return BoxedUnit.UNIT;
        }
    };

    private static void addCatalog(SparkSession session) {
        RuntimeConfig settings = session.conf();
        if (!settings.contains(SETTING) && Boolean.parseBoolean(settings.get(SWITCH, "true"))) {
            settings.set(SETTING, BatchNormCatalog.class.getName());
        }
    }
}
