package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

final class DifferenceTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static Difference of(double exact, double found) {
        return of(new BigDecimal(exact), BigDecimal.ONE, found);
    }

    private static Difference of(BigDecimal exact, BigDecimal scale, double found) {
        return Difference.of(exact, scale, BigDecimal.ONE, found);
    }

    @Test
    void theDistanceIsRelativeToTheScale() {
        BigDecimal three = new BigDecimal(3);
        assertThat(of(three, new BigDecimal(4), 5).relative()).isEqualTo(0.5);
        assertThat(of(three, new BigDecimal(4), 1).relative()).isEqualTo(0.5);
        assertThat(of(three, new BigDecimal(4), 3).relative()).isZero();
        assertThat(of(three, new BigDecimal(4), 3).expected()).isEqualTo(3);
        // An exact number between two doubles is a part of an ulp away from both.
        BigDecimal third = new BigDecimal("0.33333333333333333333333333333333");
        assertThat(of(third, BigDecimal.ONE, 1.0 / 3).relative()).isCloseTo(1.85e-17, within(1e-19));
    }

    @Test
    void whereTheScaleIsZeroOnlyTheExactNumberIsNear() {
        assertThat(Difference.relative(BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ZERO))
                .isZero();
        assertThat(Difference.relative(BigDecimal.TEN, BigDecimal.ONE, BigDecimal.ZERO))
                .isEqualTo(INFINITY);
    }

    @Test
    void numbersAreAsNearAsSubnormalDoublesCanBe() {
        BigDecimal tiny = new BigDecimal(Double.MIN_VALUE).divide(BigDecimal.valueOf(4));
        assertThat(of(tiny, tiny, 0).relative()).isZero();
        assertThat(of(tiny, tiny, Double.MIN_VALUE).relative()).isZero();
        assertThat(of(tiny, tiny, 2 * Double.MIN_VALUE).relative()).isEqualTo(7);
    }

    @Test
    void theFactorMagnifiesTheSmallestDouble() {
        BigDecimal zero = BigDecimal.ZERO;
        BigDecimal scale = new BigDecimal(Double.MIN_VALUE);
        BigDecimal factor = new BigDecimal(-300);
        assertThat(Difference.of(zero, scale, factor, 300 * Double.MIN_VALUE).relative())
                .isZero();
        assertThat(Difference.of(zero, scale, factor, 301 * Double.MIN_VALUE).relative())
                .isEqualTo(301);
        assertThat(Difference.of(zero, scale, new BigDecimal("1e-9"), Double.MIN_VALUE)
                        .relative())
                .isZero();
    }

    @Test
    void floatsAreCounted() {
        assertThat(of(1, 1).floats()).isZero();
        assertThat(of(1, Math.nextUp(1f)).floats()).isEqualTo(1);
        assertThat(of(1, Math.nextDown(1f)).floats()).isEqualTo(1);
        assertThat(of(-1, Math.nextDown(-1f)).floats()).isEqualTo(1);
        assertThat(of(1, 2).floats()).isEqualTo(1 << 23);
        assertThat(of(1, -1).floats()).isEqualTo(2L * Float.floatToIntBits(1));
    }

    @Test
    void floatsAreCountedThroughZeroAndSubnormals() {
        assertThat(of(0, -0.0).floats()).isZero();
        assertThat(of(0, Float.MIN_VALUE).floats()).isEqualTo(1);
        assertThat(of(-Float.MIN_VALUE, Float.MIN_VALUE).floats()).isEqualTo(2);
        assertThat(of(Float.MIN_NORMAL, Math.nextDown(Float.MIN_NORMAL)).floats())
                .isEqualTo(1);
    }

    @Test
    void floatsAreCountedFromTheNearestToTheExactNumber() {
        BigDecimal half = new BigDecimal(1 + 0x1p-24); // between 1 and the next float; 1 is even
        assertThat(of(half, BigDecimal.ONE, 1).floats()).isZero();
        assertThat(of(half, BigDecimal.ONE, Math.nextUp(1f)).floats()).isEqualTo(1);
        BigDecimal more = half.add(new BigDecimal("1e-30"));
        assertThat(of(more, BigDecimal.ONE, Math.nextUp(1f)).floats()).isZero();
    }

    @Test
    void beyondTheLargestFloatIsInfinity() {
        assertThat(of(1e39, INFINITY).floats()).isZero();
        assertThat(of(Float.MAX_VALUE, INFINITY).floats()).isEqualTo(1);
        assertThat(of(-1e39, INFINITY).floats()).isGreaterThan(1);
        assertThat(of(1e39, Double.NaN).floats()).isGreaterThan(1);
        assertThat(of(1, Double.NaN).floats()).isGreaterThan(1);
        assertThat(of(1e39, INFINITY).relative()).isEqualTo(INFINITY); // for a double it is wrong
        assertThat(of(new BigDecimal("1e400"), BigDecimal.ONE, INFINITY).relative())
                .isZero();
    }

    @Test
    void onlyTheSpecialNumberThatIsDueIsRight() {
        assertThat(Difference.ofSpecial(Double.NaN, Double.NaN)).isEqualTo(new Difference(0, 0, Double.NaN));
        assertThat(Difference.ofSpecial(INFINITY, INFINITY).relative()).isZero();
        for (double found : new double[] {-INFINITY, Double.NaN, 1e308}) {
            assertThat(Difference.ofSpecial(INFINITY, found))
                    .isEqualTo(new Difference(INFINITY, Long.MAX_VALUE, INFINITY));
        }
    }

    @Test
    void anyNumberThatIsNotFiniteIsRightWhereNoneIsDue() {
        for (double found : new double[] {-INFINITY, INFINITY, Double.NaN}) {
            assertThat(Difference.ofNotFinite(found).relative()).isZero();
        }
        assertThat(Difference.ofNotFinite(0).relative()).isEqualTo(INFINITY);
        assertThat(Difference.ofNotFinite(0).floats()).isEqualTo(Long.MAX_VALUE);
    }
}
