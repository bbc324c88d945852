package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.Serializers;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.RowReport;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import scala.Tuple2;

/** What passes send comes back the same. */
class KryoClassesTest {
    private static final BatchKey KEY = BatchKey.of(7);

    private static ChannelMoments moments() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        moments.add(new double[] {1, 1e300}, SampleShape.channelsFirst(2));
        moments.add(new double[] {-0.1, Double.NaN}, SampleShape.channelsFirst(2));
        return moments.snapshot();
    }

    private static GradientSums gradients() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, false);
        sums.add(new double[] {0.1, 2}, new double[] {Double.NaN, 3}, SampleShape.channelsFirst(2));
        sums.add(new double[] {0.3, 4}, new double[] {1e-300, 5}, SampleShape.channelsFirst(2));
        return sums.snapshot();
    }

    private static ScanReport report() {
        RowReport.Accumulator findings = new RowReport.Accumulator();
        findings.addRows(1);
        findings.addSize(SampleSize.shape(2, 3), 4, "id=1");
        findings.addDefect(RowDefect.NULL_BATCH, null);
        return new ScanReport(findings.snapshot(), RowReport.NONE);
    }

    private static Partial partial() {
        return new Partial(moments(), gradients(), report());
    }

    @ParameterizedTest
    @EnumSource
    void partialsComeBackWithSumsAndReport(Serializers serializer) {
        Partial copy = serializer.roundTrip(partial());
        assertThat(copy.moments()).isEqualTo(moments());
        assertThat(copy.gradients()).isEqualTo(gradients());
        RowReport values = copy.report().values();
        assertThat(values.rows()).isEqualTo(1);
        TensorColumn x = TensorColumn.ofArrays("x", SampleShape.channelsFirst(2));
        assertThat(values.describe(x, null)).isEqualTo(report().values().describe(x, null));
        assertThat(values.sizes()).isEqualTo(report().values().sizes());
        assertThat(copy.report().gradients().isEmpty()).isTrue();
        assertThat(serializer.roundTrip(Partial.of(report())).moments()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void fewRowsComeBackWithTheirValues(Serializers serializer) {
        FewRows floats = serializer.roundTrip(new FewRows(new float[] {1, Float.NaN, -0f, 4}, null, 2));
        assertThat(floats.channels()).isEqualTo(2);
        assertThat((float[]) floats.values()).containsExactly(1, Float.NaN, -0f, 4);
        assertThat(floats.gradients()).isNull();
        FewRows doubles = serializer.roundTrip(new FewRows(new double[] {0.1}, new double[] {1e300}, 1));
        assertThat((double[]) doubles.values()).containsExactly(0.1);
        assertThat(doubles.gradients()).isEqualTo(new double[] {1e300});
    }

    @ParameterizedTest
    @EnumSource
    void resultsOfEveryPlanComeBackWithTheSameNumbers(Serializers serializer) {
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        for (ScanPlan<?> plan : List.of(
                new ScanPlan.Statistics(NonFinitePolicy.PROPAGATE),
                new ScanPlan.BatchGradients(NonFinitePolicy.PROPAGATE, 1e-5),
                new ScanPlan.KnownGradients(NonFinitePolicy.FAIL, moments().statistics(), 1e-5),
                new ScanPlan.RunningGradients(NonFinitePolicy.SKIP_BATCH, state))) {
            BatchResult result = plan.result(KEY, partial());
            assertThat(serializer.roundTrip(result))
                    .usingRecursiveComparison()
                    .withComparatorForType(Double::compare, Double.class) // NaN is NaN
                    .isEqualTo(result);
        }
    }

    @ParameterizedTest
    @EnumSource
    void mergedBatchesComeBackRoundedOrAsTooMany(Serializers serializer) {
        List<Tuple2<BatchKey, Partial>> batches = List.of(new Tuple2<>(KEY, partial()));
        ScanPlan<BatchResult.Statistics> plan = new ScanPlan.Statistics(NonFinitePolicy.FAIL);
        MergedBatches<BatchResult.Statistics> rounded = MergedBatches.of(batches.iterator(), plan, Long.MAX_VALUE);
        MergedBatches<BatchResult.Statistics> copy = serializer.roundTrip(rounded);
        assertThat(copy).isInstanceOf(MergedBatches.Rounded.class);
        assertThat(((MergedBatches.Rounded<BatchResult.Statistics>) copy).results())
                .extracting(BatchResult::key)
                .containsExactly(KEY);
        TensorColumn samples = TensorColumn.ofArrays("samples", SampleShape.channelsFirst(2));
        assertThat(copy.totals().nonFiniteValues().describe(samples)).isEqualTo("1 (1 NaN, 0 infinite)");
        assertThat(copy.totals().nonFiniteGradients().describe(samples)).isEqualTo("0 (1 NaN, 0 infinite)");
        MergedBatches<BatchResult.Statistics> tooMany =
                serializer.roundTrip(MergedBatches.of(batches.iterator(), plan, 10));
        assertThat(tooMany).isInstanceOf(MergedBatches.TooMany.class);
        assertThat(tooMany.totals().batches()).isEqualTo(1);
    }

    @Test
    void anEmptyReportTakesAFewBytes() {
        int empty = Serializers.KRYO.write(Partial.EMPTY).remaining();
        assertThat(empty).isLessThan(20);
    }
}
