// PAGE
import io.github.sparkbatchnorm.ml.BatchNorm;
import io.github.sparkbatchnorm.ml.BatchNormModel;
import io.github.sparkbatchnorm.spark.StateFiles;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Learns to tell wines apart, and keeps the model; or applies it. */
public final class Cultivars {
    public static void main(String[] args) throws Exception {
        String model = args[1];
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            Dataset<Row> wine = spark.read().option("header", true).option("inferSchema", true).csv(args[2]);
            if (args[0].equals("fit")) {
                BatchNorm scaler = new BatchNorm()
                        .setInputCols("alcohol", "flavanoids", "proline")
                        .setOutputCol("features") // one vector of the three, normalized
                        .setHandleInvalid("skip");
                LogisticRegression classifier = new LogisticRegression().setLabelCol("cultivar");
                PipelineModel fitted =
                        new Pipeline().setStages(new PipelineStage[] {scaler, classifier}).fit(wine);
                fitted.write().overwrite().save(model);
                BatchNormModel norm = (BatchNormModel) fitted.stages()[0];
                System.out.println(norm.summary());
                StateFiles.write(norm.state(), args[3], spark.sparkContext().hadoopConfiguration());
            } else {
                PipelineModel.load(model).transform(wine).select("features", "prediction").write().parquet(args[3]);
            }
        }
    }
}
// PAGE
