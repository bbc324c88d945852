package io.github.sparkbatchnorm.spark.shims;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.Dataset$;
import org.apache.spark.sql.classic.SparkSession;

/** Data sets that are never analyzed again. */
public final class AnalyzedPlan {
    private AnalyzedPlan() {}

    /**
     * {@return a data set whose plan is what the analyzer made of another one's} A writer of tables takes the plan as
     * it was written and analyzes it once more, when the names in it may mean nothing any more.
     *
     * @param data that can be analyzed now
     */
    public static Dataset<Row> of(Dataset<Row> data) {
        return Dataset$.MODULE$.ofRows(
                (SparkSession) data.sparkSession(), data.queryExecution().analyzed());
    }
}
