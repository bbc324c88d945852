package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the table of {@link Profile} says. */
final class ProfileTest {
    /** More than the grids of all profiles need until they repeat. */
    private static final int CHANNELS = 200;

    @ParameterizedTest
    @EnumSource(Profile.class)
    void everyValueIsExactInTheDtype(Profile profile) {
        for (Dtype dtype : Dtype.values()) {
            for (int c = 0; c < CHANNELS; c++) {
                ChannelGrid grid = profile.grid(dtype, c);
                assertThat(grid.bits).isBetween(0, ChannelGrid.MAX_BITS);
                // Each is an integer of at most 24 or 53 bits times a power of two from that of the smallest number.
                long room = 1L << (dtype == Dtype.FLOAT32 ? 24 : 53);
                long reach = Math.abs(grid.centre) + grid.step * Math.max(1, grid.half());
                assertThat(reach)
                        .describedAs("%s channel %d: %s", profile, c, grid)
                        .isLessThanOrEqualTo(room);
                assertThat(grid.exponent).isGreaterThanOrEqualTo(dtype == Dtype.FLOAT32 ? -149 : -1074);
                for (long i = 0; i < grid.period(); i += 1 + grid.period() / 11) {
                    assertExact(grid, i, dtype);
                }
                assertExact(grid, grid.period() - 1, dtype);
            }
        }
    }

    private static void assertExact(ChannelGrid grid, long i, Dtype dtype) {
        BigDecimal exact = new Dyadic(
                        BigDecimal.valueOf(grid.step)
                                .multiply(BigDecimal.valueOf(i - grid.half()))
                                .add(BigDecimal.valueOf(grid.centre))
                                .toBigIntegerExact(),
                        grid.exponent)
                .toBigDecimal();
        double value = grid.value(i + 5 * grid.period());
        assertThat(new BigDecimal(value)).isEqualByComparingTo(exact);
        if (dtype == Dtype.FLOAT32) {
            assertThat((double) (float) value).isEqualTo(value);
        }
    }

    /** The moments of one period. */
    private static ExactMoments moments(Profile profile, Dtype dtype, int channel) {
        ChannelGrid grid = profile.grid(dtype, channel);
        return ChannelSums.of(new BatchCounts(grid.period(), 0, grid.period(), 0, 0), grid, 0)
                .moments();
    }

    private static double deviation(ExactMoments moments) {
        MathContext precision = MathContext.DECIMAL64;
        return moments.exactVariance().toBigDecimal(precision).sqrt(precision).doubleValue();
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void theNormalProfileIsNearItsMean(Dtype dtype) {
        for (int c = 0; c < CHANNELS; c++) {
            ExactMoments moments = moments(Profile.NORMAL, dtype, c);
            assertThat(deviation(moments)).isBetween(0.57, 2.4);
            assertThat(Math.abs(moments.min())).isLessThan(8.4);
            assertThat(moments.mean() / deviation(moments)).isBetween(-1.8, 1.6);
        }
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void theIllConditionedMeanIsThatManyDeviations(Dtype dtype) {
        double ratio = dtype == Dtype.FLOAT32 ? 0x1p20 : 1e12;
        for (int c = 0; c < CHANNELS; c++) {
            ExactMoments moments = moments(Profile.ILL_CONDITIONED, dtype, c);
            double found = moments.mean() / deviation(moments);
            assertThat(c % 2 == 0 ? found : -found).isBetween(ratio * 0.9999, ratio * 1.0001);
            assertThat(deviation(moments))
                    .isBetween(dtype == Dtype.FLOAT32 ? 8.8e-6 : 1e-9, dtype == Dtype.FLOAT32 ? 1.2e-3 : 1.4e-7);
        }
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void tinyValuesAreAroundTheSmallestNumbers(Dtype dtype) {
        boolean floats = dtype == Dtype.FLOAT32;
        double smallestNormal = floats ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        for (int c = 0; c < CHANNELS; c++) {
            ExactMoments moments = moments(Profile.TINY, dtype, c);
            double largest = Math.max(-moments.min(), moments.max());
            switch (c % 4) {
                case 0 -> {
                    assertThat(largest).isLessThan(smallestNormal);
                    assertThat(moments.variance() == 0).isEqualTo(!floats);
                }
                case 1 -> {
                    assertThat(moments.min()).isLessThan(smallestNormal);
                    assertThat(moments.max()).isGreaterThan(smallestNormal);
                    assertThat(moments.variance() == 0).isEqualTo(!floats);
                }
                case 2 -> {
                    if (floats) {
                        assertThat(deviation(moments)).isBetween(1e-37, 1.2e-37);
                    } else {
                        assertThat(moments.variance()).isBetween(Double.MIN_VALUE, Double.MIN_NORMAL);
                        assertThat(deviation(moments)).isBetween(3e-160, 4e-160);
                    }
                }
                default -> {
                    if (floats) {
                        assertThat(moments.min()).isEqualTo(-4.0 * Float.MIN_VALUE);
                        assertThat(moments.max()).isEqualTo(3.0 * Float.MIN_VALUE);
                    } else {
                        assertThat(moments.variance()).isBetween(Double.MIN_NORMAL, 16 * Double.MIN_NORMAL);
                        assertThat(deviation(moments)).isBetween(3e-154, 4e-154);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void hugeValuesHaveAVariance(Dtype dtype) {
        double largest = 0;
        for (int c = 0; c < CHANNELS; c++) {
            ExactMoments moments = moments(Profile.HUGE, dtype, c);
            double reach = Math.max(-moments.min(), moments.max());
            largest = Math.max(largest, reach);
            assertThat(reach * reach).isFinite();
            assertThat(moments.variance()).isFinite().isPositive();
            assertThat(deviation(moments))
                    .isBetween(dtype == Dtype.FLOAT32 ? 6e36 : 0x1p505, dtype == Dtype.FLOAT32 ? 5e37 : 0x1p509);
        }
        assertThat(largest)
                .isBetween(dtype == Dtype.FLOAT32 ? 2.5e38 : 0x1p510, dtype == Dtype.FLOAT32 ? 2.6e38 : 0x1p511);
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void constantsHaveNoVarianceAndAllBits(Dtype dtype) {
        for (int c = 0; c < CHANNELS; c++) {
            ExactMoments moments = moments(Profile.CONSTANT, dtype, c);
            assertThat(moments.variance()).isZero();
            assertThat(moments.min()).isEqualTo(moments.max());
            if (c % 8 == 7) {
                assertThat(moments.min()).isZero();
            } else {
                assertThat(Math.abs(moments.min())).isBetween(9e-7, 2.1e6);
                assertThat(
                                dtype == Dtype.FLOAT32
                                        ? Float.floatToIntBits((float) moments.min()) & 1
                                        : Double.doubleToLongBits(moments.min()) & 1)
                        .isEqualTo(dtype == Dtype.FLOAT32 ? 1 : 1L);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void integersAreWhole(Dtype dtype) {
        for (int c = 0; c < CHANNELS; c++) {
            ChannelGrid grid = Profile.INTEGERS.grid(dtype, c);
            assertThat(grid.exponent).isZero();
            if (c % 4 == 0) {
                assertThat(grid.value(0)).isZero();
                assertThat(grid.value(grid.period() - 1)).isEqualTo(dtype == Dtype.FLOAT32 ? 255 : 65535);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void mixedChannelsHaveEachOtherProfileInTurn(Dtype dtype) {
        List<Profile> others = List.of(
                Profile.NORMAL,
                Profile.ILL_CONDITIONED,
                Profile.TINY,
                Profile.HUGE,
                Profile.CONSTANT,
                Profile.INTEGERS);
        for (int c = 0; c < CHANNELS; c++) {
            assertThat(Profile.MIXED.grid(dtype, c)).isEqualTo(others.get(c % 6).grid(dtype, c / 6));
        }
    }
}
