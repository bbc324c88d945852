package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generated data in a session: its statistics by the library are those in closed form, to the bit. */
final class GeneratedDatasetTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final SampleShape THREE = SampleShape.channelsFirst(3);
    private static final SampleShape SPATIAL = SampleShape.channelsFirst(7, 2, 3);

    static SampleShape shapeOf(Kind kind) {
        return kind == Kind.COLUMNS ? SampleShape.channelsFirst(7) : SPATIAL;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void statisticsOfEveryKindAreTheExpectedOnes(Kind kind) {
        for (Dtype dtype : Dtype.values()) {
            for (Profile profile : Profile.values()) {
                GeneratorOptions options = GeneratorOptions.of(50, SampleShape.channelsFirst(7), 3)
                        .withPartitions(3, 2)
                        .withDtype(dtype)
                        .withProfile(profile);
                GeneratorOptions whole =
                        new GeneratorOptions(50, shapeOf(kind), 3, kind, dtype, profile, 0, false, 0, 0, 3, 2.5, true);
                assertExpected(whole);
                assertExpected(whole.withBatches(4, true).withNullEvery(3).withNonFiniteEvery(5));
                assertThat(options.dtype()).isEqualTo(dtype);
            }
        }
    }

    private static void assertExpected(GeneratorOptions options) {
        assertExpected(options, GeneratedDataset.of(spark0(), options));
    }

    private static org.apache.spark.sql.SparkSession spark0() {
        return org.apache.spark.sql.SparkSession.active();
    }

    static void assertExpected(GeneratorOptions options, Dataset<Row> data) {
        ExpectedStatistics expected = ExpectedStatistics.of(options);
        DatasetStatistics found =
                TensorDataset.of(data, GeneratedDataset.tensorOptions(options)).statistics();
        assertThat(found.rows()).describedAs("%s", options).isEqualTo(expected.rows());
        for (DatasetStatistics.Batch batch : found.batches()) {
            long key = batch.key() == null ? 0 : (Long) batch.key();
            ChannelStatistics channels = batch.statistics();
            for (int c = 0; c < expected.channels(); c++) {
                assertSame(options + " batch " + key + " channel " + c, expected.moments(key, c), channels, c);
            }
        }
        assertThat(found.digest()).describedAs("%s", options).isEqualTo(expected.digest());
    }

    private static void assertSame(String what, ExactMoments expected, ChannelStatistics found, int c) {
        assertThat(List.of(
                        found.count(c),
                        found.mean(c),
                        found.populationVariance(c),
                        found.sampleVariance(c),
                        found.min(c),
                        found.max(c),
                        found.nanCount(c),
                        found.infinityCount(c)))
                .describedAs(what)
                .isEqualTo(List.of(
                        expected.count(),
                        expected.mean(),
                        expected.variance(),
                        expected.sampleVariance(),
                        expected.min(),
                        expected.max(),
                        expected.nan(),
                        expected.positiveInfinite() + expected.negativeInfinite()));
    }

    @Test
    void rowsAreTheSameWhateverThePartitioning() {
        GeneratorOptions options = GeneratorOptions.of(40, THREE, 1).withBatches(3, false);
        List<Row> rows = GeneratedDataset.of(spark(), options).orderBy("id").collectAsList();
        assertThat(rows).hasSize(40);
        assertThat(GeneratedDataset.of(spark(), options.withPartitions(7, 5))
                        .orderBy("id")
                        .collectAsList())
                .isEqualTo(rows);
        assertThat(Encoders.LONG()).isNotNull();
    }
}
