package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/**
 * The exact number {@code integer * 2^exponent}, whose quotients are rounded once, to the nearest double, ties to even.
 */
record Scaled(BigInteger integer, int exponent) implements Comparable<Scaled> {
    static final Scaled ZERO = new Scaled(BigInteger.ZERO, 0);

    private static final int PRECISION = 53;
    private static final int MIN_EXPONENT = -1022;
    /** Bits of a quotient, so that its square root has 55 or 56. */
    private static final int SQUARE_PRECISION = 2 * PRECISION + 4;
    /** From here on {@code 2^(exponent - 53)} is a normal double. */
    private static final int MIN_LOW_EXPONENT = MIN_EXPONENT + PRECISION;

    /** The exact value of a finite double. */
    static Scaled of(double x) {
        long bits = Double.doubleToRawLongBits(x);
        BigInteger significand = BigInteger.valueOf(ExactSum.significand(bits));
        return new Scaled(bits < 0 ? significand.negate() : significand, ExactSum.exponent(bits));
    }

    Scaled times(BigInteger factor) {
        return new Scaled(integer.multiply(factor), exponent);
    }

    Scaled times(Scaled other) {
        return new Scaled(integer.multiply(other.integer), exponent + other.exponent);
    }

    Scaled minus(Scaled other) {
        int unit = Math.min(exponent, other.exponent);
        return new Scaled(
                integer.shiftLeft(exponent - unit).subtract(other.integer.shiftLeft(other.exponent - unit)), unit);
    }

    /**
     * Compares the numbers. Those of unequal sign or magnitude take no more than that; others the memory of their
     * digits, however far their exponents are apart.
     */
    @Override
    public int compareTo(Scaled other) {
        int sign = integer.signum();
        int signs = Integer.compare(sign, other.integer.signum());
        if (signs != 0 || sign == 0) {
            return signs;
        }
        int magnitudes = Integer.compare(integer.bitLength() + exponent, other.integer.bitLength() + other.exponent);
        return magnitudes != 0 ? sign * magnitudes : minus(other).integer.signum();
    }

    /** {@code this / divisor} to the nearest double; the divisor is positive. */
    double dividedBy(BigInteger divisor) {
        return nearest(integer, divisor, exponent);
    }

    /**
     * {@code sqrt(this / divisor)} to the nearest double; this number is not negative, the divisor is positive.
     *
     * <p>The root of the integer below a number is the integer below the root of that number. So the digits of the root
     * are exact, and the remainders of the division and of the root tell whether more follow.
     */
    double rootDividedBy(BigInteger divisor) {
        if (integer.signum() == 0) {
            return 0.0;
        }
        int shift = SQUARE_PRECISION - (integer.bitLength() - divisor.bitLength());
        shift += (exponent - shift) & 1; // an even exponent remains
        BigInteger[] square = divide(integer, divisor, shift);
        BigInteger[] root = square[0].sqrtAndRemainder();
        // 55 or 56 bits of the root and one sticky bit that stands for all that follow.
        long digits = root[0].longValueExact() << 1 | root[1].signum() | square[1].signum();
        return nearest(digits, (exponent - shift) / 2 - 1);
    }

    /**
     * {@code this / divisor - quotient} to the nearest double: the low part of the quotient as a double-double.
     *
     * <p>With the quotient {@code q = w 2^t}, |w| below {@code 2^53}, and {@code 2^u} the smaller of the units of this
     * sum S and of q, {@code R = (S - q d) / 2^u} is an integer. Rounding took at most half of a unit of q: {@code |S /
     * d - q| <= 2^(t-1)}, so {@code |R| <= d 2^(t-u-1) < 2^(bits-1)} with {@code bits = bitLength(d) + t - u}. For
     * {@code bits <= 52}, R and d are exact as doubles, and R is known by its lowest 64 bits. The division is then the
     * only rounding: R / d is 0 or above {@code 2^-53} in magnitude, so that {@code R / d 2^u} is 0 or a normal double,
     * and scaling is exact. In all other cases exact arithmetic gives the same.
     *
     * @param quotient the finite result of {@link #dividedBy} with this divisor
     * @param divisor positive
     */
    double lowOf(double quotient, BigInteger divisor) {
        double quick = divisor.bitLength() > PRECISION
                ? Double.NaN
                : quickLow(integer.longValue(), exponent, quotient, divisor.longValue());
        return Double.isNaN(quick) ? minus(of(quotient).times(divisor)).dividedBy(divisor) : quick;
    }

    /**
     * As {@link #lowOf}, of the number that is {@code 2^exponent} times an integer; NaN where that takes more than the
     * lowest bits of the integer.
     *
     * @param lowestBits 64 of the integer
     * @param quotient the finite result of {@link #dividedBy} with this divisor
     * @param divisor positive
     */
    static double quickLow(long lowestBits, int exponent, double quotient, long divisor) {
        long quotientBits = Double.doubleToRawLongBits(quotient);
        long significand = ExactSum.significand(quotientBits);
        int quotientExponent = ExactSum.exponent(quotientBits);
        int unit = Math.min(exponent, quotientExponent);
        int bits = Long.SIZE - Long.numberOfLeadingZeros(divisor) + quotientExponent - unit;
        if (bits >= PRECISION || unit < MIN_LOW_EXPONENT) {
            return Double.NaN;
        }
        long remainder = lowBits(lowestBits, exponent - unit)
                - lowBits((quotient < 0 ? -significand : significand) * divisor, quotientExponent - unit);
        return Math.scalb((double) remainder / divisor, unit);
    }

    /** The lowest 64 bits of {@code x * 2^shift}. */
    private static long lowBits(long x, int shift) {
        return shift < Long.SIZE ? x << shift : 0;
    }

    /**
     * The double nearest to {@code numerator / denominator * 2^exponent}: an infinity beyond the largest double, a
     * subnormal or 0.0 below the smallest normal one.
     *
     * @param denominator positive
     */
    private static double nearest(BigInteger numerator, BigInteger denominator, int exponent) {
        if (numerator.signum() == 0) {
            return 0.0;
        }
        BigInteger dividend = numerator.abs();
        int shift = PRECISION + 2 - (dividend.bitLength() - denominator.bitLength());
        BigInteger[] quotient = divide(dividend, denominator, shift);
        // 55 or 56 bits of the quotient and one sticky bit that stands for all that follow.
        long digits = quotient[0].longValueExact() << 1 | quotient[1].signum();
        double magnitude = nearest(digits, exponent - shift - 1);
        return numerator.signum() < 0 ? -magnitude : magnitude;
    }

    /** The integer below {@code dividend / divisor * 2^shift}, and a remainder. */
    private static BigInteger[] divide(BigInteger dividend, BigInteger divisor, int shift) {
        return shift > 0
                ? dividend.shiftLeft(shift).divideAndRemainder(divisor)
                : dividend.divideAndRemainder(divisor.shiftLeft(-shift));
    }

    /** The double nearest to {@code digits * 2^exponent}; digits is positive, 56 or 57 bits long. */
    private static double nearest(long digits, int exponent) {
        int length = Long.SIZE - Long.numberOfLeadingZeros(digits);
        int leading = exponent + length - 1;
        int kept = leading >= MIN_EXPONENT ? PRECISION : PRECISION - (MIN_EXPONENT - leading);
        if (kept < 0) {
            return 0.0; // below half of the smallest subnormal
        }
        int dropped = length - kept;
        long significand = digits >>> dropped;
        long remainder = digits & ((1L << dropped) - 1);
        long half = 1L << (dropped - 1);
        if (remainder > half || (remainder == half && (significand & 1) == 1)) {
            significand++;
        }
        // At most 2^53 and on the grid of the result: scaling is exact, or overflows to infinity.
        return Math.scalb((double) significand, exponent + dropped);
    }

    /**
     * The mean and the variances of one channel in double-double arithmetic, with a bound on its error. Where the bound
     * leaves one double only, that is the correctly rounded result, for a tenth of the time. Where it leaves more, in
     * about one of {@code 2^40} cases of common data, the answer is {@link Double#NaN}: undecided. Not thread-safe.
     *
     * <p>Below, u is {@code 2^-53}. A {@link DoubleDouble} has a relative error of at most {@code 2^-100}. Products
     * with n and quotients by it err by a few u^2, so that n Q, of the sum of squares Q, and S^2, of the sum S, err by
     * at most {@code 2^-98} of themselves. Since {@code S^2 <= n Q}, their difference errs by at most {@code 2^-97 n
     * Q}, and so does each variance in proportion. The bounds that are tested are 4 times that or more, which covers
     * the rounding of the test itself.
     *
     * @see <a href="https://doi.org/10.1007/BF01397083">Dekker, A floating-point technique for extending the available
     *     precision, 1971</a>
     */
    static final class QuickRounding {
        private static final double MEAN_ERROR = 0x1p-96;
        private static final double VARIANCE_ERROR = 0x1p-94;

        /** Results whose exponent is of at most this magnitude are normal doubles, and scaling is exact. */
        private static final int MAX_EXPONENT = 1000;
        /** The largest n. Up to here n - 1 and n are doubles. */
        private static final long MAX_COUNT = 1L << 53;

        private final DoubleDouble sum = new DoubleDouble();
        private final DoubleDouble squares = new DoubleDouble();
        private long count;

        // (n Q - S^2) / n, and the larger of n Q and S^2 divided by n; all without the exponent of Q.
        private double spreadHigh;
        private double spreadLow;
        private double scale;

        /**
         * Takes in the exact sums of a channel.
         *
         * @param in at the sum of the values, which that of their squares follows, in canonical form
         * @param n the number of values, 1 or more
         */
        void read(ByteBuffer in, long n) {
            sum.read(in);
            squares.read(in);
            count = n;
        }

        /** {@code RN(S / n)}, or NaN. */
        double mean() {
            if (count > MAX_COUNT) {
                return Double.NaN;
            }
            if (sum.isZero()) {
                return 0.0;
            }
            double n = count;
            double high = sum.high / n;
            double low = (Math.fma(-high, n, sum.high) + sum.low) / n;
            double mean = nearest(high, low, Math.abs(high) * MEAN_ERROR, sum.exponent);
            return Double.isNaN(mean) ? besideMiddle(Math.scalb(high + low, sum.exponent)) : mean;
        }

        /**
         * {@code RN(S / n)} where this may lie in the middle of two doubles, as means of few doubles often do; or NaN.
         *
         * <p>With the numbers of {@link Scaled#lowOf} and q one of the two, {@code |S / n - q|} is half a unit of q if
         * {@code 2 |R| = n 2^(t-u)}. Else it differs from that by {@code 2^-52} of itself or more, so that it is so if
         * and only if the rounded low part is half a unit.
         *
         * @param near one of the two doubles
         */
        private double besideMiddle(double near) {
            double low = meanLow(near);
            boolean unequalNeighbours = Math.abs(near) == BlockSums.powerOfTwo(Math.getExponent(near));
            double distance = Math.abs(low) - Math.ulp(near) / 2;
            if (Double.isNaN(distance) || unequalNeighbours || distance > Math.ulp(near) / 4) {
                return Double.NaN;
            }
            if (distance < 0 || (distance == 0 && (Double.doubleToRawLongBits(near) & 1) == 0)) {
                return near;
            }
            return low > 0 ? Math.nextUp(near) : Math.nextDown(near);
        }

        /**
         * {@code RN(S / n - mean)}, or NaN.
         *
         * @param mean the rounded mean
         */
        double meanLow(double mean) {
            return sum.isZero() ? 0.0 : quickLow(sum.lowestBits, sum.unit, mean, count);
        }

        /** Finds n Q - S^2, for the variances. Returns whether they can be found. */
        boolean findSpread() {
            int shift = 2 * sum.exponent - squares.exponent;
            if (count > MAX_COUNT || Math.abs(shift) > MAX_EXPONENT) {
                return false;
            }
            double n = count;
            double product = n * squares.high;
            double productLow = Math.fma(n, squares.high, -product) + n * squares.low;
            double square = sum.high * sum.high;
            double squareLow = Math.fma(sum.high, sum.high, -square) + 2 * sum.high * sum.low;
            square = Math.scalb(square, shift);
            squareLow = Math.scalb(squareLow, shift);

            double difference = product - square;
            double differenceLow = twoSumError(product, -square, difference) + (productLow - squareLow);
            spreadHigh = difference / n;
            spreadLow = (Math.fma(-spreadHigh, n, difference) + differenceLow) / n;
            scale = Math.max(product, square) / n;
            return true;
        }

        /**
         * {@code RN((n Q - S^2) / (n d))}, or NaN.
         *
         * @param divisor d, n or n - 1, 1 or more
         */
        double variance(long divisor) {
            if (count == 1 || squares.isZero()) {
                return 0.0;
            }
            double d = divisor;
            double high = spreadHigh / d;
            double low = (Math.fma(-high, d, spreadHigh) + spreadLow) / d;
            return nearest(high, low, scale / d * VARIANCE_ERROR, squares.exponent);
        }

        /**
         * The double that all numbers are nearest to that differ from {@code (high + low) 2^exponent} by less, or NaN.
         */
        private static double nearest(double high, double low, double error, int exponent) {
            double sum = high + low;
            double rest = twoSumError(high, low, sum);
            if (sum + (rest - error) != sum || sum + (rest + error) != sum) {
                return Double.NaN;
            }
            int power = Math.getExponent(sum) + exponent;
            return Math.abs(power) > MAX_EXPONENT ? Double.NaN : Math.scalb(sum, exponent);
        }

        /** {@code a + b - sum}, exactly, of the rounded sum (Knuth's TwoSum). */
        private static double twoSumError(double a, double b, double sum) {
            double bRounded = sum - a;
            return (a - (sum - bRounded)) + (b - bRounded);
        }

        /**
         * {@code (high + low) 2^exponent}, about an exact sum in canonical form. Of its words, w_0 is the highest and
         * has the sign; {@code v = w_0 + w_1 2^-32 + ..} is 1/2 or more in magnitude, since w_0 is not redundant. Five
         * words are added: those that are left out are less than {@code 2^-127 |v|} together. The high parts are at
         * most {@code 3 |v|}, so their errors, which are exact, at most {@code 3 u |v|} each, and rounding the sum of
         * these gives less than {@code 2^-101 |v|}.
         */
        private static final class DoubleDouble {
            private static final int MAX_WORDS = 5;
            private static final double WORD = 0x1p-32;

            private double high;
            private double low;
            private int exponent;
            /** The lowest 64 bits of the integer that is the sum in units of {@code 2^unit}. */
            private long lowestBits;

            private int unit;

            /** Reads a number in canonical form, and moves the buffer behind it. */
            void read(ByteBuffer in) {
                int index = in.getInt();
                int length = in.getInt();
                int start = in.position();
                in.position(start + length * Integer.BYTES);
                low = 0;
                if (length == 0) {
                    high = 0;
                    exponent = 0;
                    return;
                }
                high = in.getInt(start);
                double weight = 1;
                for (int i = 1; i < Math.min(length, MAX_WORDS); i++) {
                    weight *= WORD;
                    double word = Integer.toUnsignedLong(in.getInt(start + i * Integer.BYTES)) * weight;
                    double sum = high + word;
                    low += twoSumError(high, word, sum);
                    high = sum;
                }
                exponent = (index + length - 1) * Integer.SIZE;
                unit = index * Integer.SIZE;
                lowestBits = length == 1 ? in.getInt(start) : in.getLong(in.position() - Long.BYTES);
            }

            boolean isZero() {
                return high == 0;
            }
        }
    }
}
