package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.BatchNormKryoRegistrator;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.Findings;
import io.github.sparkbatchnorm.spark.tensor.SampleSize;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.training.BatchNormLayer;
import io.github.sparkbatchnorm.spark.transform.BatchMap;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.Serializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.reflect.ClassTag$;

/** All that crosses the wire comes back the same through Kryo, registration required, and through Java. */
class BatchNormKryoRegistratorTest {
    private static final SparkConf CONF = new SparkConf(false)
            .set("spark.kryo.registrator", BatchNormKryoRegistrator.class.getName())
            .set("spark.kryo.registrationRequired", "true");

    private static Serializer serializer(boolean kryo) {
        return kryo ? new KryoSerializer(CONF) : new JavaSerializer(CONF);
    }

    private static <T> T roundTrip(T value, boolean kryo) {
        ByteBuffer bytes = serializer(kryo).newInstance().serialize(value, ClassTag$.MODULE$.apply(Object.class));
        return serializer(kryo).newInstance().deserialize(bytes, ClassTag$.MODULE$.apply(Object.class));
    }

    private static ChannelMoments moments() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        moments.add(new double[] {1, 1e300}, SampleShape.channelsFirst(2));
        moments.add(new double[] {-0.1, Double.NaN}, SampleShape.channelsFirst(2));
        moments.add(new double[] {4, -1e-300}, SampleShape.channelsFirst(2));
        return moments.snapshot();
    }

    private static GradientSums gradients() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, false);
        sums.add(new double[] {0.1, 2}, new double[] {Double.NaN, 3}, SampleShape.channelsFirst(2));
        sums.add(new double[] {0.3, 4}, new double[] {1e-300, 5}, SampleShape.channelsFirst(2));
        return sums.snapshot();
    }

    private static BatchNormState state() {
        return BatchNormState.of(
                new BatchNormConfig(1e-3, null, true, true),
                2,
                new double[] {1, 2},
                new double[] {3, 4},
                new double[] {5, Double.NaN},
                new double[] {7, 8},
                9);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void momentsAndPartials(boolean kryo) {
        assertThat(roundTrip(moments(), kryo)).isEqualTo(moments());
        Findings findings = new Findings();
        findings.addRows(1);
        findings.addSize(SampleSize.shape(2, 3), 4, "id=1");
        findings.addDefect(Findings.Defect.NULL_BATCH, null);
        Partial copy = roundTrip(new Partial(moments(), gradients(), findings, new Findings()), kryo);
        assertThat(copy.moments()).isEqualTo(moments());
        assertThat(copy.gradients()).isEqualTo(gradients());
        assertThat(copy.findings().rows()).isEqualTo(1);
        assertThat(copy.findings().describe(null)).isEqualTo(findings.describe(null));
        assertThat(copy.findings().sizes()).isEqualTo(findings.sizes());
        assertThat(roundTrip(new Partial(null, null, findings, new Findings()), kryo)
                        .moments())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keysAndResults(boolean kryo) {
        for (BatchKey key : new BatchKey[] {BatchKey.NONE, BatchKey.of(-3), BatchKey.of("é")}) {
            assertThat(roundTrip(key, kryo)).isEqualTo(key).hasSameHashCodeAs(key);
        }
        BatchResult result = BatchResult.of(
                BatchKey.of(7),
                new Partial(moments(), null, new Findings(), new Findings()),
                NonFinitePolicy.PROPAGATE,
                null);
        BatchResult copy = roundTrip(result, kryo);
        assertThat(copy.key()).isEqualTo(result.key());
        assertThat(copy.hash()).isEqualTo(result.hash());
        for (int c = 0; c < 2; c++) {
            assertThat(Double.valueOf(copy.statistics().mean(c)))
                    .isEqualTo(Double.valueOf(result.statistics().mean(c)));
            assertThat(copy.statistics().nanCount(c))
                    .isEqualTo(result.statistics().nanCount(c));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stateAndTransforms(boolean kryo) {
        assertThat(roundTrip(state(), kryo)).isEqualTo(state());
        assertThat(roundTrip(BatchNormState.initial(2, new BatchNormConfig(0, 0.5, false, false)), kryo))
                .isEqualTo(BatchNormState.initial(2, new BatchNormConfig(0, 0.5, false, false)));
        ChannelTransform transform =
                ChannelTransform.ofBatch(moments().statistics(), state(), NonFinitePolicy.PROPAGATE);
        BatchMap<ChannelTransform> copy = roundTrip(BatchMap.byBatch(Map.of(BatchKey.of(1), transform)), kryo);
        assertThat(copy.isByBatch()).isTrue();
        assertThat(copy.of(BatchKey.of(2))).isNull();
        assertThat(copy.of(BatchKey.of(1)).apply(0, 2.5)).isEqualTo(transform.apply(0, 2.5));
        assertThat(roundTrip(BatchMap.all(transform), kryo).of(BatchKey.NONE).apply(0, 2.5))
                .isEqualTo(transform.apply(0, 2.5));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradientsAndLayer(boolean kryo) {
        assertThat(roundTrip(gradients(), kryo)).isEqualTo(gradients());
        BatchResult result = BatchResult.of(
                BatchKey.NONE,
                new Partial(moments(), gradients(), new Findings(), new Findings()),
                NonFinitePolicy.FAIL,
                GradientRule.ofBatches(1e-5));
        BatchResult copy = roundTrip(result, kryo);
        assertThat(copy.gradients().weight()).isEqualTo(result.gradients().weight());
        assertThat(copy.gradients().bias()).isEqualTo(result.gradients().bias());
        TensorColumn samples = TensorColumn.ofArrays("samples", SampleShape.channelsFirst(2));
        assertThat(copy.nonFiniteInputs().describe(samples)).isEqualTo("1 (1 NaN, 0 infinite)");
        assertThat(copy.nonFiniteGradients().describe(samples)).isEqualTo("0 (1 NaN, 0 infinite)");
        GradientTransform transform = GradientTransform.ofBatch(
                result.gradients(), moments().statistics(), state(), NonFinitePolicy.PROPAGATE);
        double dx = roundTrip(BatchMap.all(transform), kryo).of(BatchKey.NONE).apply(0, 2.5, 3);
        assertThat(Double.valueOf(dx)).isEqualTo(Double.valueOf(transform.apply(0, 2.5, 3)));
        assertThat(roundTrip(transform, kryo).channels()).isEqualTo(2);
        BatchNormLayer layer = roundTrip(new BatchNormLayer(state(), NonFinitePolicy.IGNORE), kryo);
        assertThat(layer.state()).isEqualTo(state());
    }

    @Test
    void momentsAreAsCompactAsTheirCanonicalBytes() {
        ByteBuffer bytes =
                serializer(true).newInstance().serialize(moments(), ClassTag$.MODULE$.apply(ChannelMoments.class));
        assertThat(bytes.remaining()).isLessThan(moments().toBytes().length + 10);
    }
}
