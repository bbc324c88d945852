package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.sparkbatchnorm.VectorApi;
import java.util.Random;
import java.util.concurrent.Callable;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Plain loops and those of the Vector API give the same bits. */
class TransformLoopsTest {
    private static final TransformLoops PLAIN = new TransformLoops();

    @Test
    void vectorApiIsUsedWhereItIs() throws Exception {
        assumeTrue(VectorApi.isExpected());
        assertThat(TransformLoops.BEST.getClass().getSimpleName()).isEqualTo("VectorTransformLoops");
        assertThat(VectorApi.bestWithoutIt(TransformLoops.class)).isEqualTo("TransformLoops");
    }

    @Test
    void loopsThatGiveTheSameBitsAreChosen() {
        TransformLoops same = new TransformLoops() {};
        assertThat(TransformLoops.chosen(() -> same)).isSameAs(same);
    }

    @Test
    void loopsThatDifferInOneBitAreNotChosen() {
        TransformLoops wrong = new TransformLoops() {
            @Override
            void gradientChannels(
                    float[] x, float[] dy, float[] dx, int start, int from, int to, BackwardParameters by) {
                super.gradientChannels(x, dy, dx, start, from, to, by);
                dx[start + to - 1] = Math.nextUp(dx[start + to - 1]);
            }
        };
        assertPlain(() -> wrong);
    }

    @Test
    void loopsThatCannotBeMadeOrRunAreNotChosen() {
        assertPlain(() -> {
            throw new IllegalStateException();
        });
        assertPlain(() -> new TransformLoops() {
            @Override
            void normalizeRun(double[] x, double[] y, int from, int to, int c, ForwardParameters by) {
                throw new NoSuchMethodError();
            }
        });
    }

    private static void assertPlain(Callable<TransformLoops> candidate) {
        assertThat(TransformLoops.chosen(candidate)).isExactlyInstanceOf(TransformLoops.class);
    }

    private interface Loop {
        void run(TransformLoops loops, double[] out, float[] narrowOut);
    }

    @Property(tries = 500)
    void outputsAreThoseOfPlainJavaToTheBit(
            @ForAll @IntRange(max = 300) int length, @ForAll @IntRange(max = 9) int from, @ForAll long seed) {
        Random random = new Random(seed);
        int to = from + length;
        double[] x = values(random, to + 5);
        float[] narrow = floats(x);
        ForwardParameters by = new ForwardParameters(
                values(random, to + 1), values(random, to + 1), values(random, to + 1), values(random, to + 1), null);
        assertSameBits(to + 5, (loops, y, narrowY) -> {
            loops.normalizeRun(x, y, from, to, to, by);
            loops.normalizeRun(narrow, narrowY, from, to, to, by);
        });
        assertSameBits(to + 5, (loops, y, narrowY) -> {
            loops.normalizeChannels(x, y, 3, from, to, by);
            loops.normalizeChannels(narrow, narrowY, 3, from, to, by);
        });
    }

    @Property(tries = 500)
    void gradientsAreThoseOfPlainJavaToTheBit(
            @ForAll @IntRange(max = 300) int length, @ForAll @IntRange(max = 9) int from, @ForAll long seed) {
        Random random = new Random(seed);
        int to = from + length;
        double[] x = values(random, to + 5);
        double[] dy = values(random, to + 5);
        float[] narrow = floats(x);
        float[] narrowDy = floats(dy);
        BackwardParameters by = new BackwardParameters(
                values(random, to + 1),
                values(random, to + 1),
                values(random, to + 1),
                values(random, to + 1),
                values(random, to + 1),
                values(random, to + 1),
                values(random, to + 1),
                null);
        assertSameBits(to + 5, (loops, dx, narrowDx) -> {
            loops.gradientRun(x, dy, dx, from, to, to, by);
            loops.gradientRun(narrow, narrowDy, narrowDx, from, to, to, by);
        });
        assertSameBits(to + 5, (loops, dx, narrowDx) -> {
            loops.gradientChannels(x, dy, dx, 3, from, to, by);
            loops.gradientChannels(narrow, narrowDy, narrowDx, 3, from, to, by);
        });
    }

    private static void assertSameBits(int length, Loop loop) {
        double[] expected = new double[length];
        float[] narrowExpected = new float[length];
        loop.run(PLAIN, expected, narrowExpected);
        double[] found = new double[length];
        float[] narrowFound = new float[length];
        loop.run(TransformLoops.BEST, found, narrowFound);
        for (int i = 0; i < length; i++) {
            // One NaN is as good as another.
            assertThat(Double.doubleToLongBits(found[i])).isEqualTo(Double.doubleToLongBits(expected[i]));
            assertThat(Float.floatToIntBits(narrowFound[i])).isEqualTo(Float.floatToIntBits(narrowExpected[i]));
        }
    }

    /** Mostly usual ones, some of any bits. */
    private static double[] values(Random random, int length) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextInt(8) == 0 ? Double.longBitsToDouble(random.nextLong()) : random.nextGaussian();
        }
        return values;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
