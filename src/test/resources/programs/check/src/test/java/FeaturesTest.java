import static io.github.sparkbatchnorm.testing.DatasetAssert.assertThat;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

final class FeaturesTest {
    private final SparkSession spark = SparkSession.builder().master("local[2]").getOrCreate();

    // README
    @Test
    void featuresAreWhatTheyWere() {
        Dataset<Row> features = features(spark);
        assertThat(features).hasRowDigest("rows-sha256:1000-f2e81fdbb17476c7-4cad4cd63723f9108808376c80a3f87d71eee34529cc02ad2c8d7d42fc8e9644");
        assertThat(features).column("x").hasStatisticsDigest("sha256:e999618955bbabce260d7878f0760ddf2ec7e22be6bc0f6b76798a681043e723");
    }
    // README

    private static Dataset<Row> features(SparkSession spark) {
        return spark.range(1000).selectExpr("id", "array(id / 8, -id) x").repartition(7);
    }
}
