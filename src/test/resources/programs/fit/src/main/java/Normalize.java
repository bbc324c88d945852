// README
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.StateFiles;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import org.apache.spark.sql.SparkSession;

/** Fits batch norm to the column x of a Parquet file, and writes the file with x normalized as y. */
public final class Normalize {
    public static void main(String[] paths) throws Exception {
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            TensorDataset x = TensorDataset.of(spark.read().parquet(paths[0]), TensorOptions.column("x"));
            DatasetStatistics statistics = x.statistics(); // one job
            BatchNormConfig average = BatchNormConfig.DEFAULT.withCumulativeAverage();
            BatchNormState state = statistics.stateAfter(BatchNormState.initial(statistics.channels(), average));
            x.normalize(state, "y").inPlan().write().parquet(paths[1]); // lazy until it is written
            StateFiles.write(state, paths[2], spark.sparkContext().hadoopConfiguration()); // last: it replaces
        }
    }
}
// README
