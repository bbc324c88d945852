package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.management.ThreadMXBean;
import io.github.sparkbatchnorm.layer.TransformTesting.Trained;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Results in arrays at hand: the same bits as fresh ones, also where the input is overwritten; nothing allocated. */
class IntoArrayTest {
    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.layer.TransformTesting#shapes")
    void bitsAreThoseOfAFreshArrayInPlaceToo(SampleShape shape) {
        double[] values = TransformTesting.holed(shape);
        double[] finite =
                Arrays.stream(values).map(v -> Double.isFinite(v) ? v : 1).toArray();
        for (double firstWeight : values(-1, -1e-310, 0)) {
            for (NonFinitePolicy policy : NonFinitePolicy.values()) {
                Trained layer = Trained.random(shape.channels(), firstWeight);
                for (double[] x : List.of(values, finite)) {
                    assertSameBits(layer.forward(policy), x, shape);
                    assertSameBits(layer.inverse(policy), x, shape);
                }
            }
        }
    }

    private static void assertSameBits(ChannelTransform transform, double[] x, SampleShape shape) {
        double[] y = new double[x.length];
        double[] place = x.clone();
        transform.apply(x.clone(), shape, y);
        transform.apply(place, shape, place);
        assertThat(bits(y)).isEqualTo(bits(transform.apply(x, shape))).isEqualTo(bits(place));
        float[] narrow = toFloats(x);
        float[] narrowY = new float[x.length];
        transform.apply(narrow, shape, narrowY);
        assertThat(bits(narrow)).isEqualTo(bits(toFloats(x)));
        transform.apply(narrow, shape, narrow);
        assertThat(bits(narrowY))
                .isEqualTo(bits(transform.apply(toFloats(x), shape)))
                .isEqualTo(bits(narrow));
    }

    private static void assertSameBits(InverseTransform transform, double[] y, SampleShape shape) {
        double[] x = new double[y.length];
        double[] place = y.clone();
        transform.apply(y.clone(), shape, x);
        transform.apply(place, shape, place);
        assertThat(bits(x)).isEqualTo(bits(transform.apply(y, shape))).isEqualTo(bits(place));
        float[] narrow = toFloats(y);
        float[] narrowX = new float[y.length];
        transform.apply(narrow, shape, narrowX);
        assertThat(bits(narrow)).isEqualTo(bits(toFloats(y)));
        transform.apply(narrow, shape, narrow);
        assertThat(bits(narrowX))
                .isEqualTo(bits(transform.apply(toFloats(y), shape)))
                .isEqualTo(bits(narrow));
    }

    /** One NaN is as good as another, but for those that stay what they are: those have a test of their own. */
    private static long[] bits(double[] values) {
        return Arrays.stream(values).mapToLong(Double::doubleToLongBits).toArray();
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToIntBits(values[i]);
        }
        return bits;
    }

    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.layer.TransformTesting#shapes")
    void whatIgnoreKeepsStaysToTheBitInPlace(SampleShape shape) {
        double[] values = TransformTesting.holed(shape);
        float[] floats = toFloats(values);
        Trained layer = Trained.random(shape.channels(), -1);
        double[] forth = values.clone();
        double[] back = values.clone();
        float[] narrowForth = floats.clone();
        float[] narrowBack = floats.clone();
        layer.forward(NonFinitePolicy.IGNORE).apply(forth, shape, forth);
        layer.inverse(NonFinitePolicy.IGNORE).apply(back, shape, back);
        layer.forward(NonFinitePolicy.IGNORE).apply(narrowForth, shape, narrowForth);
        layer.inverse(NonFinitePolicy.IGNORE).apply(narrowBack, shape, narrowBack);
        for (int i = 0; i < values.length; i += 3) {
            long bits = Double.doubleToRawLongBits(values[i]);
            assertThat(Double.doubleToRawLongBits(forth[i])).isEqualTo(bits);
            assertThat(Double.doubleToRawLongBits(back[i])).isEqualTo(bits);
            int narrowBits = Float.floatToRawIntBits(floats[i]);
            assertThat(Float.floatToRawIntBits(narrowForth[i])).isEqualTo(narrowBits);
            assertThat(Float.floatToRawIntBits(narrowBack[i])).isEqualTo(narrowBits);
        }
    }

    @Test
    void nothingIsWrittenWhereALengthDoesNotFit() {
        Trained layer = Trained.random(3, 1);
        ChannelTransform forward = layer.forward(NonFinitePolicy.PROPAGATE);
        InverseTransform inverse = layer.inverse(NonFinitePolicy.PROPAGATE);
        SampleShape shape = SampleShape.channelsFirst(3);
        for (int length : new int[] {0, 2, 4}) {
            double[] y = new double[length];
            float[] narrow = new float[length];
            String message = "array of " + length + " values for the result; expected 3, as the sample has";
            assertRefused(message, () -> forward.apply(values(1, 2, 3), shape, y));
            assertRefused(message, () -> inverse.apply(values(1, 2, 3), shape, y));
            assertRefused(message, () -> forward.apply(new float[] {1, 2, 3}, shape, narrow));
            assertRefused(message, () -> inverse.apply(new float[] {1, 2, 3}, shape, narrow));
            assertThat(y).isEqualTo(new double[length]);
            assertThat(narrow).isEqualTo(new float[length]);
        }
        double[] y = new double[3];
        String sample = "sample of 2 values and shape [3]; expected 3 values and 3 channels";
        assertRefused(sample, () -> forward.apply(values(1, 2), shape, y));
        assertRefused(sample, () -> inverse.apply(values(1, 2), shape, y));
        SampleShape four = SampleShape.channelsFirst(4);
        String channels = "sample of 4 values and shape [4]; expected 4 values and 3 channels";
        assertRefused(channels, () -> forward.apply(values(1, 2, 3, 4), four, new double[4]));
        assertRefused(channels, () -> inverse.apply(new float[4], four, new float[4]));
        assertThat(y).containsExactly(0, 0, 0);
    }

    private static void assertRefused(String message, Runnable call) {
        assertThatIllegalArgumentException().isThrownBy(call::run).withMessage(message);
    }

    static List<SampleShape> servedShapes() {
        return List.of(
                SampleShape.channelsFirst(37), SampleShape.channelsFirst(3, 37), SampleShape.channelsLast(19, 7));
    }

    @ParameterizedTest
    @MethodSource("servedShapes")
    void nothingIsAllocated(SampleShape shape) {
        double[] holed = TransformTesting.holed(shape);
        double[] out = new double[holed.length];
        float[] narrow = toFloats(holed);
        float[] narrowOut = new float[holed.length];
        for (NonFinitePolicy policy : List.of(NonFinitePolicy.PROPAGATE, NonFinitePolicy.IGNORE)) {
            for (double firstWeight : values(1, 1e-310)) {
                Trained layer = Trained.random(shape.channels(), firstWeight);
                ChannelTransform forward = layer.forward(policy);
                InverseTransform inverse = layer.inverse(policy);
                assertThat(allocated(() -> forward.apply(holed, shape, out))).isZero();
                assertThat(allocated(() -> inverse.apply(holed, shape, out))).isZero();
                assertThat(allocated(() -> forward.apply(narrow, shape, narrowOut)))
                        .isZero();
                assertThat(allocated(() -> inverse.apply(narrow, shape, narrowOut)))
                        .isZero();
            }
        }
    }

    /**
     * The fewest bytes that this thread allocates in 1,000 calls, of up to 20,000 times. The first times are a warm-up:
     * vectors are objects until the loops are compiled.
     */
    private static long allocated(Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long fewest = Long.MAX_VALUE;
        for (int time = 0; time < 20_000 && fewest > 0; time++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                call.run();
            }
            fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return fewest;
    }
}
