package io.github.sparkbatchnorm.regression.generate;

/**
 * Permutations of the integers from 0 to n - 1 that shuffle them: {@code i -> (a i + b) mod n}. The factor a has no
 * divisor in common with n, so each result occurs once. It is near the golden section of n, so that neighbours go far
 * from each other. One factor serves for many b. Immutable.
 */
final class AffineBijection {
    /** The largest n: see {@link #product}. */
    static final long MAX_SIZE = 1L << 55;

    private static final double GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

    private final long size;
    private final long factor;

    private AffineBijection(long size, long factor) {
        this.size = size;
        this.factor = factor;
    }

    /**
     * The permutations of a size.
     *
     * @param size n, 1 to {@link #MAX_SIZE}
     * @param key chooses a, with n
     * @throws IllegalArgumentException if n is out of its range
     */
    static AffineBijection of(long size, long key) {
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("size is " + size + "; expected 1 to 2^55");
        }
        // Anywhere in the quarter of all factors around the golden section; then up to one that has no common divisor.
        long around = (long) (size * GOLDEN_SECTION) - size / 8;
        long factor = around + below(Key.mix(key, size), Math.max(1, size / 4));
        while (greatestCommonDivisor(factor, size) != 1) {
            factor++;
        }
        return new AffineBijection(size, factor % size);
    }

    private static long greatestCommonDivisor(long a, long b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }

    /** An integer from 0 to {@code bound - 1}, all of them as likely, from 64 bits that look random. */
    private static long below(long bits, long bound) {
        return Math.multiplyHigh(bits >>> 1, 2 * bound); // bits/2 of 2^63, times the bound
    }

    /**
     * The b of a permutation.
     *
     * @param bits that look random
     */
    long offset(long bits) {
        return below(bits, size);
    }

    /**
     * {@code (a i) mod n}, exact.
     *
     * <p>With n up to 2^55 the quotient q in doubles has an error below 5 * 2^-53 of at most 2^55, with that of its
     * rounding down below 21. So {@code a i - q n}, which long arithmetic has modulo 2^64, is within 21 * 2^55, which
     * is below 2^60, and a last modulo makes it exact.
     *
     * @param i from 0 to {@code n - 1}
     */
    long product(long i) {
        long quotient = (long) ((double) factor * i / size);
        return Math.floorMod(factor * i - quotient * size, size);
    }

    /** {@code (a i + b) mod n} for an i from 0 to {@code n - 1}. */
    long apply(long i, long offset) {
        return plus(product(i), offset);
    }

    /** What follows after {@code (a i + b) mod n} for the next i. */
    long next(long position) {
        return plus(position, factor);
    }

    /** The sum modulo n of two numbers from 0 to {@code n - 1}. */
    long plus(long x, long y) {
        long sum = x + y;
        return sum >= size ? sum - size : sum;
    }

    /** The factor a: 0 for n = 1, else from 1 to {@code n - 1}. */
    long factor() {
        return factor;
    }
}
