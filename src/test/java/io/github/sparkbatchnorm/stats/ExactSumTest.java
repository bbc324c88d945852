package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Limbs and their canonical form; {@link ChannelMomentsTest} and others hold the sums to exact arithmetic. */
class ExactSumTest {
    private static BigInteger integer(ExactSum sum) {
        ByteBuffer form = ByteBuffer.allocate(sum.canonicalSize());
        sum.writeTo(form);
        Scaled scaled = ExactSum.readScaled(form.flip());
        return scaled.integer().shiftLeft(scaled.exponent());
    }

    @Test
    void limbsCarryBeforeSoManyAdditionsThatTheyCouldOverflow() {
        ExactSum sum = new ExactSum();
        sum.add(-1, 0);
        sum.pending = ExactSum.MAX_PENDING - 2;
        sum.add(-1, 0);
        assertThat(sum.pending).isEqualTo(ExactSum.MAX_PENDING - 1);
        sum.add(3, 64);
        assertThat(sum.pending).isZero();
        assertThat(integer(sum)).isEqualTo(BigInteger.valueOf(3).shiftLeft(64).subtract(BigInteger.TWO));
    }

    @Test
    void largestSumBeforeACarryStaysExact() {
        ExactSum sum = new ExactSum();
        for (int i = 0; i < 70; i++) {
            sum.add(Long.MAX_VALUE, 31);
            sum.add(Long.MIN_VALUE, 31);
        }
        assertThat(integer(sum)).isEqualTo(BigInteger.valueOf(-70).shiftLeft(31));
    }

    @Test
    void limbsThatAreTooFewGrowAtBothEnds() {
        ExactSum sum = new ExactSum();
        sum.add(5, 64);
        sum.add(7, 0);
        sum.add(9, 200);
        BigInteger expected = BigInteger.valueOf(5)
                .shiftLeft(64)
                .add(BigInteger.valueOf(7))
                .add(BigInteger.valueOf(9).shiftLeft(200));
        assertThat(integer(sum)).isEqualTo(expected);
    }
}
