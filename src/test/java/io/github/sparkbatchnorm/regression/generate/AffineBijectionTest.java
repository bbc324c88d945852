package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class AffineBijectionTest {
    private static final SplittableRandom RANDOM = new SplittableRandom(7);

    @Test
    void eachResultOccursOnce() {
        for (int size = 1; size <= 400; size++) {
            AffineBijection bijection = AffineBijection.of(size, RANDOM.nextLong());
            long offset = bijection.offset(RANDOM.nextLong());
            assertThat(offset).isBetween(0L, size - 1L);
            BitSet found = new BitSet();
            for (int i = 0; i < size; i++) {
                found.set((int) bijection.apply(i, offset));
            }
            assertThat(found.length()).describedAs("n = %d", size).isEqualTo(size);
            assertThat(found.cardinality()).describedAs("n = %d", size).isEqualTo(size);
        }
    }

    @Test
    void productsAreThoseOfBigIntegersUpToTheLargestSize() {
        for (int run = 0; run < 200_000; run++) {
            long size = run % 2 == 0
                    ? AffineBijection.MAX_SIZE - RANDOM.nextLong(1000)
                    : RANDOM.nextLong(2, 4L << RANDOM.nextInt(53));
            AffineBijection bijection = AffineBijection.of(size, RANDOM.nextLong());
            long i = run % 3 == 0 ? size - 1 - RANDOM.nextLong(Math.min(size, 5)) : RANDOM.nextLong(size);
            BigInteger exact = BigInteger.valueOf(bijection.factor())
                    .multiply(BigInteger.valueOf(i))
                    .mod(BigInteger.valueOf(size));
            assertThat(bijection.product(i))
                    .describedAs("%d * %d mod %d", bijection.factor(), i, size)
                    .isEqualTo(exact.longValueExact());
        }
    }

    @Test
    void theFactorHasNoCommonDivisorWithTheSizeAndSendsNeighboursFarAway() {
        for (int run = 0; run < 10_000; run++) {
            long size = RANDOM.nextLong(1000, AffineBijection.MAX_SIZE + 1);
            long factor = AffineBijection.of(size, RANDOM.nextLong()).factor();
            assertThat(BigInteger.valueOf(factor).gcd(BigInteger.valueOf(size))).isEqualTo(BigInteger.ONE);
            assertThat((double) factor / size).isBetween(0.49, 0.76);
        }
    }

    @Test
    void nextIsTheResultOfTheNextNumber() {
        AffineBijection bijection = AffineBijection.of(1000, 3);
        long position = bijection.apply(0, 17);
        for (int i = 1; i < 1000; i++) {
            position = bijection.next(position);
            assertThat(position).isEqualTo(bijection.apply(i, 17));
        }
    }

    @Test
    void sizesThatProductsAreNotExactForAreRefused() {
        for (long size : new long[] {0, -1, AffineBijection.MAX_SIZE + 1, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> AffineBijection.of(size, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("size is " + size + "; expected 1 to 2^55");
        }
    }
}
