package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.ml.BatchNorm;
import io.github.sparkbatchnorm.ml.BatchNormModel;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every surface gives the same bits: the jobs, the library, its core, Spark ML, functions, states as functions, CALL
 * and streams.
 */
class SurfacesTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String MODELS = "spark.sql.catalog.bn.models";

    @TempDir
    transient Path folder;

    @AfterEach
    void forgetModels() {
        spark().conf().unset(MODELS);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static String digest(Dataset<Row> rows) {
        return RowDigest.of(rows.toDF("id", "y")).toString();
    }

    private Dataset<Row> written(String name) {
        return spark().read().parquet(path(name)).select("id", "x_normalized");
    }

    private void run(String words) {
        CommandRun.ofWords(words.replace("DIR", folder.toString())).succeeds();
    }

    @Test
    void everySurfaceGivesTheSameBits() throws Exception {
        spark().range(0, 300, 1, 3)
                .selectExpr("id", "array(1e9 + sin(id), id / 7, cos(id) * 1e-3) x")
                .write()
                .parquet(path("in"));
        Dataset<Row> data = spark().read().parquet(path("in"));
        data.createOrReplaceTempView("surfaces");
        spark().conf().set(MODELS, path("models"));

        TensorDataset x = TensorDataset.of(data, TensorOptions.column("x"));
        DatasetStatistics statistics = x.statistics();
        BatchNormConfig average = BatchNormConfig.DEFAULT.withCumulativeAverage();
        BatchNormState state = statistics.stateAfter(BatchNormState.initial(3, average));
        String train = digest(x.normalize(statistics, state, "y").inPlan().select("id", "y"));
        String eval = digest(x.normalize(state, "y").inPlan().select("id", "y"));

        run(
                "normalize --mode train --momentum none --input DIR/in --column x --output DIR/train --state-out DIR/job.json");
        run("normalize --mode eval --input DIR/in --column x --state-in DIR/job.json --output DIR/eval");
        assertThat(digest(written("train"))).isEqualTo(train);
        assertThat(digest(written("eval"))).isEqualTo(eval);

        Row fitted = spark().sql("CALL bn.system.fit(table => 'surfaces', column => 'x', state => 'called')")
                .first();
        assertThat(fitted.<String>getAs("digest")).isEqualTo(statistics.digest());
        BatchNormState called = StateJson.read(folder.resolve("models/called.json"));
        assertThat(called).isEqualTo(state).isEqualTo(StateJson.read(folder.resolve("job.json")));
        for (String mode : List.of("train", "eval")) {
            spark().sql("CALL bn.system.normalize(table => 'surfaces', column => 'x', mode => '" + mode
                    + "', state_in => " + "'called', output_path => '" + path("call-" + mode) + "')");
        }
        assertThat(digest(written("call-train"))).isEqualTo(train);
        assertThat(digest(written("call-eval"))).isEqualTo(eval);

        assertThat(digest(spark().sql("SELECT id, bn.called(x) FROM surfaces"))).isEqualTo(eval);
        assertThat(digest(spark().sql("SELECT id, bn.normalize(x, m) FROM surfaces CROSS JOIN"
                        + " (SELECT bn.moments_agg(x) m FROM surfaces)")))
                .isEqualTo(train);
        Row described =
                spark().sql("SELECT bn.describe_agg(x) FROM surfaces").first().getStruct(0);
        for (int c = 0; c < 3; c++) {
            assertThat(described.getList(2).get(c)).isEqualTo(statistics.whole().mean(c));
            assertThat(described.getList(4).get(c)).isEqualTo(statistics.whole().sampleVariance(c));
            assertThat(state.runningVar()[c]).isEqualTo(statistics.whole().sampleVariance(c));
        }
        assertThat(digest(byCore(data, called))).isEqualTo(eval);

        BatchNormModel model =
                new BatchNorm().setInputCol("x").setOutputCol("y").fit(data);
        assertThat(model.state()).isEqualTo(state);
        assertThat(digest(model.transform(data).select("id", "y"))).isEqualTo(eval);
        Dataset<Row> streamed = streamed(data.schema());
        assertThat(digest(streamed.select("id", "eval"))).isEqualTo(eval);
        assertThat(digest(streamed.select("id", "train"))).isEqualTo(train);
    }

    /** What a streaming query writes that reads the three files of the input in two batches. */
    private Dataset<Row> streamed(StructType schema) throws Exception {
        spark().readStream()
                .schema(schema)
                .option("maxFilesPerTrigger", 2)
                .parquet(path("in"))
                .createOrReplaceTempView("arriving");
        spark().sql("SELECT id, bn.called(x) AS eval, bn.normalize(x, m) AS train FROM arriving"
                        + " CROSS JOIN (SELECT bn.moments_agg(x) m FROM surfaces)")
                .writeStream()
                .option("checkpointLocation", path("checkpoint"))
                .trigger(Trigger.AvailableNow())
                .format("parquet")
                .start(path("streamed"))
                .awaitTermination();
        return spark().read().parquet(path("streamed"));
    }

    /** What a program without Spark computes, which has the state file. */
    private Dataset<Row> byCore(Dataset<Row> data, BatchNormState state) {
        ChannelTransform transform = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        List<Row> rows = data.collectAsList().stream()
                .map(row -> {
                    double[] x = row.<Double>getList(1).stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray();
                    return RowFactory.create(row.getLong(0), transform.apply(x, SampleShape.channelsFirst(3)));
                })
                .toList();
        return spark().createDataFrame(rows, StructType.fromDDL("id BIGINT, y ARRAY<DOUBLE>"));
    }
}
