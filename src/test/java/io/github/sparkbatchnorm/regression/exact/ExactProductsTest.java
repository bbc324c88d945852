package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ExactProductsTest {
    private static final Random RANDOM = new Random(11);

    static Stream<DoubleSupplier> numbers() {
        return Stream.of(
                () -> finite(Double.longBitsToDouble(RANDOM.nextLong())),
                () -> RANDOM.nextGaussian(),
                () -> 1e300 * RANDOM.nextGaussian(),
                () -> Double.MIN_VALUE * RANDOM.nextInt(-1000, 1000),
                () -> (RANDOM.nextBoolean() ? 1 : -1) * Math.scalb(RANDOM.nextDouble(), RANDOM.nextInt(-1080, 1024)),
                () -> RANDOM.nextInt(3) - 1);
    }

    private static double finite(double value) {
        return Double.isFinite(value) ? value : Double.MAX_VALUE;
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void theSumIsThatOfBigDecimals(DoubleSupplier numbers) {
        ExactProducts products = new ExactProducts();
        BigDecimal exact = BigDecimal.ZERO;
        for (int i = 0; i < 1000; i++) {
            double a = numbers.getAsDouble();
            double b = numbers.getAsDouble();
            products.add(a, b);
            exact = exact.add(new BigDecimal(a).multiply(new BigDecimal(b)));
        }
        assertThat(products.sum()).isEqualByComparingTo(exact);
    }

    @Test
    void manyOfTheLargestSignificandsOfOneSignAreExact() {
        double largest = Math.nextDown(2.0);
        for (double sign : new double[] {1, -1}) {
            ExactProducts products = new ExactProducts();
            for (int i = 0; i < 10_000; i++) {
                products.add(largest, sign * largest);
            }
            BigDecimal square = new BigDecimal(largest).pow(2);
            assertThat(products.sum())
                    .isEqualByComparingTo(
                            square.multiply(BigDecimal.valueOf(10_000)).multiply(new BigDecimal(sign)));
        }
    }

    @Test
    void theExtremesOfDoublesAreExact() {
        ExactProducts products = new ExactProducts();
        products.add(Double.MAX_VALUE, Double.MAX_VALUE);
        products.add(Double.MIN_VALUE, -Double.MIN_VALUE);
        products.add(-0.0, 5);
        BigDecimal exact = new BigDecimal(Double.MAX_VALUE).pow(2).subtract(new BigDecimal(Double.MIN_VALUE).pow(2));
        assertThat(products.sum()).isEqualByComparingTo(exact);
    }

    @Test
    void ofNothingTheSumIsZero() {
        assertThat(new ExactProducts().sum()).isEqualByComparingTo("0");
    }
}
