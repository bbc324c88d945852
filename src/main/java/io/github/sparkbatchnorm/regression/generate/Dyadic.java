package io.github.sparkbatchnorm.regression.generate;

import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * The number {@code integer * 2^exponent}.
 *
 * @param integer any
 * @param exponent any
 */
record Dyadic(BigInteger integer, int exponent) {
    /** The number as a decimal fraction, exact. */
    BigDecimal toBigDecimal() {
        if (integer.signum() == 0) {
            return BigDecimal.ZERO;
        }
        int zeros = integer.getLowestSetBit();
        int power = exponent + zeros;
        BigInteger odd = integer.shiftRight(zeros);
        return power >= 0
                ? new BigDecimal(odd.shiftLeft(power))
                : new BigDecimal(odd.multiply(BigInteger.valueOf(5).pow(-power)), -power); // 2^-k = 5^k / 10^k
    }

    /**
     * Writes the number in the one form that a digest has for it: k (int32), the number of words (int32) and the words
     * of an integer whose product with {@code 2^(32 k)} it is, in two's complement with neither a lowest word of zero
     * nor a highest one that only repeats the sign.
     */
    void writeTo(DataOutputStream out) throws IOException {
        if (integer.signum() == 0) {
            out.writeInt(0);
            out.writeInt(0);
            return;
        }
        int zeros = integer.getLowestSetBit();
        int power = exponent + zeros;
        int k = Math.floorDiv(power, Integer.SIZE);
        byte[] bytes =
                integer.shiftRight(zeros).shiftLeft(power - k * Integer.SIZE).toByteArray();
        int words = (bytes.length + Integer.BYTES - 1) / Integer.BYTES;
        out.writeInt(k);
        out.writeInt(words);
        for (int missing = words * Integer.BYTES - bytes.length; missing > 0; missing--) {
            out.writeByte(integer.signum() < 0 ? -1 : 0);
        }
        out.write(bytes);
    }
}
