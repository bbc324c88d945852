package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class QuotientTest {
    private static final MathContext DIGITS = new MathContext(400);

    private static Quotient of(BigDecimal value) {
        return Quotient.of(value, BigInteger.ONE);
    }

    private static BigDecimal power(int exponent) {
        return new BigDecimal(Math.scalb(1.0, exponent));
    }

    @Test
    void squareRootsAreThoseOfBigDecimals() {
        Random random = new Random(7);
        for (int i = 0; i < 500; i++) {
            double size = Math.scalb(1 + random.nextDouble(), random.nextInt(600) - 300);
            BigInteger divisor = BigInteger.valueOf(1 + random.nextInt(1000));
            BigDecimal exact = new BigDecimal(size).divide(new BigDecimal(divisor), DIGITS);
            assertThat(Quotient.of(new BigDecimal(size), divisor).squareRoot())
                    .isEqualTo(exact.sqrt(DIGITS).doubleValue());
        }
        assertThat(of(BigDecimal.ZERO).squareRoot()).isZero();
        assertThat(of(BigDecimal.valueOf(4)).squareRoot()).isEqualTo(2);
        assertThat(of(new BigDecimal(Double.MIN_VALUE)).squareRoot()).isEqualTo(Math.sqrt(Double.MIN_VALUE));
    }

    @Test
    void squareRootsBetweenTwoDoublesGoToTheEvenOneAndAllOthersToTheNearest() {
        BigDecimal half = BigDecimal.ONE.add(power(-53)); // between 1 and the next double
        BigDecimal little = power(-500);
        BigDecimal square = half.multiply(half);
        assertThat(of(square).squareRoot()).isEqualTo(1);
        assertThat(of(square.add(little)).squareRoot()).isEqualTo(Math.nextUp(1.0));
        assertThat(of(square.subtract(little)).squareRoot()).isEqualTo(1);
    }

    @Test
    void negativeNumbersHaveNoSquareRoot() {
        assertThatThrownBy(() -> of(BigDecimal.valueOf(-1)).squareRoot()).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void theSampleVarianceNeedsTwoValues() {
        ExactAccumulator accumulator = new ExactAccumulator();
        accumulator.add(1);
        ExactMoments one = accumulator.moments();
        assertThatThrownBy(one::exactSampleVariance).isInstanceOf(ArithmeticException.class);
        accumulator.add(4);
        assertThat(accumulator.moments().exactSampleVariance().toDouble()).isEqualTo(4.5);
    }
}
