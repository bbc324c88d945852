package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.Broadcasts;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.TensorOutput;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** A broadcast transform lives until its output is closed, and no longer where the output cannot be made. */
class BroadcastReleaseTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final BatchNormState STATE = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
    private static final ChannelTransform TRANSFORM = ChannelTransform.ofRunning(STATE, NonFinitePolicy.PROPAGATE);

    @Test
    void closingADatasetReleasesItsTransforms() throws InterruptedException {
        Dataset<Row> data = spark().range(4).selectExpr("array(double(id), 1d) x");
        TensorOutput output = TensorDataset.of(data, Tensors.column("x")).normalize(STATE, "y");
        try (Broadcasts broadcasts = new Broadcasts(sc())) {
            try (BroadcastDataset normalized = output.broadcast()) {
                assertThat(normalized.dataset().count()).isEqualTo(4);
                assertThat(broadcasts.count()).isEqualTo(1);
            }
            assertThat(broadcasts.areGone()).isTrue();
        }
    }

    @Test
    void aDatasetThatCannotBeMadeReleasesItsTransforms() throws InterruptedException {
        Dataset<Row> data = spark().range(4).selectExpr("array(double(id), 1d) x");
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.column("x"));
        Dataset<Row> other = data.withColumnRenamed("x", "z");
        try (Broadcasts broadcasts = new Broadcasts(sc())) {
            LazyColumns<?> columns = LazyColumns.ofSamples(other, tensor, 2, BatchMap.all(TRANSFORM), List.of("y"));
            assertThatThrownBy(columns::broadcast)
                    .isInstanceOf(AnalysisException.class)
                    .hasMessageContaining("`x`");
            assertThat(broadcasts.areGone()).isTrue();
        }
    }

    @Test
    void closingAnRddReleasesItsTransform() throws InterruptedException {
        SampleShape shape = SampleShape.channelsFirst(2);
        JavaRDD<double[]> samples = jsc().parallelize(List.of(new double[] {1, 2}));
        try (Broadcasts broadcasts = new Broadcasts(sc())) {
            try (NormalizedRdd<double[]> normalized =
                    NormalizedRdd.of(samples, TensorColumn.ofArrays("x", shape), shape, TRANSFORM)) {
                assertThat(normalized.output().count()).isEqualTo(1);
                assertThat(broadcasts.count()).isEqualTo(1);
            }
            assertThat(broadcasts.areGone()).isTrue();
        }
    }

    @Test
    void anRddThatCannotBeMadeReleasesItsTransform() throws InterruptedException {
        JavaRDD<double[]> samples = jsc().parallelize(List.of(new double[] {1, 2}));
        try (Broadcasts broadcasts = new Broadcasts(sc())) {
            assertThatThrownBy(() -> TransformedRdd.of(samples, TRANSFORM, handle -> {
                        throw new IllegalStateException("no function");
                    }))
                    .hasMessage("no function");
            assertThat(broadcasts.areGone()).isTrue();
        }
    }
}
