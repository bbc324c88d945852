package io.github.sparkbatchnorm.spark.digest;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.Iterator;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * How many rows there are, and the sum of their hashes, as unsigned numbers, modulo 2^256: the same in any order.
 *
 * @param rows how many
 * @param hashes 0 &lt;= hashes &lt; 2^256
 */
public record RowSum(long rows, BigInteger hashes) implements Serializable {
    /** Of no rows. */
    public static final RowSum NONE = new RowSum(0, BigInteger.ZERO);

    private static final int WORDS = RowHasher.HASH_BYTES / Long.BYTES;

    /**
     * {@return the sum of these rows and others}
     *
     * @param others rows of the same schema
     */
    public RowSum plus(RowSum others) {
        return new RowSum(Math.addExact(rows, others.rows), modulo(hashes.add(others.hashes)));
    }

    private static BigInteger modulo(BigInteger sum) {
        int bits = Byte.SIZE * RowHasher.HASH_BYTES;
        return sum.testBit(bits) ? sum.clearBit(bits) : sum;
    }

    /** Adds up the rows of a partition. */
    static RowSum of(Iterator<InternalRow> rows, RowHasher hasher) {
        long count = 0;
        long[] sum = new long[WORDS]; // the most significant first
        while (rows.hasNext()) {
            add(hasher.hash(rows.next()), sum);
            count++;
        }
        BigInteger total = BigInteger.ZERO;
        for (long word : sum) {
            total = total.shiftLeft(Long.SIZE).or(new BigInteger(Long.toUnsignedString(word)));
        }
        return new RowSum(count, total);
    }

    private static void add(byte[] hash, long[] sum) {
        long carry = 0;
        for (int i = WORDS - 1; i >= 0; i--) {
            long word = ByteSink.longAt(hash, i * Long.BYTES);
            long both = sum[i] + word;
            long next = Long.compareUnsigned(both, word) < 0 ? 1 : 0;
            sum[i] = both + carry;
            carry = carry == 1 && sum[i] == 0 ? 1 : next;
        }
    }
}
