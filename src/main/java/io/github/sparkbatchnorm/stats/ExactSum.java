package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A sum that is never rounded: an integer times a power of two, held in signed limbs of weight {@code 2^(32 i)}.
 *
 * <p>Each addition puts less than {@code 2^32} into at most three limbs, so carries wait for up to {@link #MAX_PENDING}
 * additions. The limbs reach from the lowest to the highest bit that was added. Not thread-safe.
 *
 * @see <a href="https://arxiv.org/abs/1505.05571">Neal, Fast Exact Summation Using Small and Large Superaccumulators,
 *     2015</a>
 */
final class ExactSum {
    /** Bytes of the canonical form of zero. */
    static final int ZERO_SIZE = 2 * Integer.BYTES;

    private static final int LIMB_BITS = 32;
    private static final long LIMB_MASK = 0xFFFF_FFFFL;
    /** A limb holds so many additions below {@code 2^32} before it overflows. */
    static final int MAX_PENDING = 1 << 30;

    /** An addition reaches so many limbs. */
    private static final int ADDED_LIMBS = 3;

    private static final long[] NO_LIMBS = {};

    /** Limb i has weight 2^(32 (low + i)); all but the last are in [0, 2^32) after {@link #carry}. */
    private long[] limbs = NO_LIMBS;

    private int low;
    /** How many additions wait for a carry. */
    int pending;

    /** Adds {@code significand * 2^exponent}. */
    void add(long significand, int exponent) {
        int index = exponent >> 5; // floor(exponent / 32)
        int shift = exponent & (LIMB_BITS - 1);
        prepare(index, ADDED_LIMBS);
        long upper = significand >> (LIMB_BITS - shift); // shift 0 moves by a whole limb
        int i = index - low;
        limbs[i] += (significand << shift) & LIMB_MASK;
        limbs[i + 1] += upper & LIMB_MASK;
        limbs[i + 2] += upper >> LIMB_BITS;
    }

    /** Takes the limbs for additions with exponents from {@code lowest} to {@code highest} at once. */
    void reserve(int lowest, int highest) {
        int from = lowest >> 5;
        int to = (highest >> 5) + ADDED_LIMBS;
        if (from < low || to > low + limbs.length) {
            grow(from, to);
        }
    }

    /** Adds a finite double. */
    void add(double x) {
        long bits = Double.doubleToRawLongBits(x);
        long significand = significand(bits);
        add(bits < 0 ? -significand : significand, exponent(bits));
    }

    /** Adds the exact product of two finite doubles, 106 bits. */
    void addProduct(double x, double y) {
        long bitsOfX = Double.doubleToRawLongBits(x);
        long bitsOfY = Double.doubleToRawLongBits(y);
        long a = significand(bitsOfX);
        long b = (bitsOfX ^ bitsOfY) < 0 ? -significand(bitsOfY) : significand(bitsOfY);
        long high = Math.multiplyHigh(a, b); // with the sign
        long product = a * b; // the low 64 bits
        int exponent = exponent(bitsOfX) + exponent(bitsOfY);
        add(product & LIMB_MASK, exponent);
        add(product >>> LIMB_BITS, exponent + LIMB_BITS);
        add(high, exponent + 2 * LIMB_BITS);
    }

    /** The significand of a finite double without its sign. */
    static long significand(long bits) {
        long fraction = bits & 0xF_FFFF_FFFF_FFFFL;
        return (bits & 0x7FF0_0000_0000_0000L) == 0 ? fraction : fraction | 0x10_0000_0000_0000L;
    }

    /** The exponent e of a finite double, which is {@link #significand} times {@code 2^e}. */
    static int exponent(long bits) {
        int biased = (int) (bits >>> 52) & 0x7FF;
        return Math.max(biased, 1) - 1075;
    }

    /** Adds a number in canonical form, and moves the buffer behind it. */
    void addFrom(ByteBuffer in) {
        int index = in.getInt();
        int length = in.getInt();
        if (length == 0) {
            return;
        }
        prepare(index, length);
        int i = index - low + length - 1;
        limbs[i] += in.getInt(); // the most significant word carries the sign
        while (i > index - low) {
            limbs[--i] += in.getInt() & LIMB_MASK;
        }
    }

    /** Whether the number in canonical form at the buffer's position is zero; the position stays. */
    static boolean isZeroAt(ByteBuffer in) {
        return in.getInt(in.position() + Integer.BYTES) == 0;
    }

    /** Makes the sum its negative. */
    void negate() {
        for (int i = 0; i < limbs.length; i++) {
            limbs[i] = -limbs[i];
        }
    }

    /** The number of bytes that {@link #writeTo} will write; carries, so that the limbs are canonical. */
    int canonicalSize() {
        carry();
        int bottom = bottom();
        return 2 * Integer.BYTES + (top(bottom) - bottom) * Integer.BYTES;
    }

    /**
     * Writes the canonical form: the index of the lowest non-zero word (its weight is {@code 2^(32 index)}), the number
     * of words, and the words of the two's complement number, most significant first, without redundant words at either
     * end. Zero is index 0 and no words. {@link #canonicalSize} must have been called.
     */
    void writeTo(ByteBuffer out) {
        int bottom = bottom();
        int top = top(bottom);
        out.putInt(bottom == top ? 0 : low + bottom).putInt(top - bottom);
        for (int i = top - 1; i >= bottom; i--) {
            out.putInt((int) limbs[i]);
        }
    }

    /** Writes the canonical form of zero. */
    static void writeZeroTo(ByteBuffer out) {
        out.putInt(0).putInt(0);
    }

    /** Reads a number in canonical form. */
    static Scaled readScaled(ByteBuffer in) {
        int index = in.getInt();
        byte[] words = new byte[in.getInt() * Integer.BYTES];
        in.get(words);
        return words.length == 0 ? Scaled.ZERO : new Scaled(new BigInteger(words), index * LIMB_BITS);
    }

    /** What up to {@code 2^63 - 1} doubles, or products of two, can sum to. */
    enum Summed {
        DOUBLES("sum", -1074, 34),
        PRODUCTS("sum of squares or products", -2148, 66);

        private final String name;
        /** Every sum is a multiple of {@code 2^unit}. */
        private final int unit;
        /** The words of every sum have indices below this one. */
        private final int endIndex;

        Summed(String name, int unit, int endIndex) {
            this.name = name;
            this.unit = unit;
            this.endIndex = endIndex;
        }

        /**
         * Moves the buffer behind a number in canonical form, and checks it. Takes no memory.
         *
         * @param in bytes of any origin
         * @throws IllegalArgumentException if no such number is there, or no such sum can be that number
         */
        void check(ByteBuffer in) {
            requireHead(in);
            int index = in.getInt();
            int length = in.getInt();
            if (length < 0 || length > in.remaining() / Integer.BYTES) {
                throw wrong(length + " words in " + in.remaining() + " bytes", "as many words as follow");
            }
            if (length == 0) {
                if (index != 0) {
                    throw wrong("no words with the exponent " + index, "the exponent 0 for zero");
                }
                return;
            }
            int first = in.getInt(in.position());
            in.position(in.position() + length * Integer.BYTES);
            int last = in.getInt(in.position() - Integer.BYTES);
            boolean redundant = length > 1 && first == in.getInt(in.position() - (length - 1) * Integer.BYTES) >> 31;
            if (redundant || last == 0) {
                throw wrong(length + " words with a redundant one at an end", "the shortest form");
            }
            long lowestBit = (long) index * LIMB_BITS + Integer.numberOfTrailingZeros(last);
            if (lowestBit < unit || (long) index + length > endIndex) {
                throw wrong(
                        length + " words with the exponent " + index,
                        "a multiple of 2^" + unit + " in words below the exponent " + endIndex);
            }
        }

        /**
         * Moves the buffer behind a number whose words are there and have indices as such sums have; nothing else of it
         * is checked.
         *
         * @throws IllegalArgumentException if it is not so
         */
        void skip(ByteBuffer in) {
            requireHead(in);
            int index = in.getInt();
            int length = in.getInt();
            boolean there = length >= 0 && length <= in.remaining() / Integer.BYTES;
            if (!there || index < unit / LIMB_BITS - 1 || index > endIndex - length) {
                throw wrong(
                        length + " words with the exponent " + index + " in " + in.remaining() + " bytes",
                        "as many words as follow, below the exponent " + endIndex);
            }
            in.position(in.position() + length * Integer.BYTES);
        }

        private void requireHead(ByteBuffer in) {
            if (in.remaining() < ZERO_SIZE) {
                throw wrong(in.remaining() + " bytes", ZERO_SIZE + " or more");
            }
        }

        private IllegalArgumentException wrong(String found, String expected) {
            return new IllegalArgumentException(name + " of " + found + "; expected " + expected);
        }
    }

    /** Moves the buffer behind a number in canonical form. */
    static void skip(ByteBuffer in) {
        int words = in.getInt(in.position() + Integer.BYTES);
        in.position(in.position() + 2 * Integer.BYTES + Math.multiplyExact(words, Integer.BYTES));
    }

    private int bottom() {
        int i = 0;
        while (i < limbs.length && limbs[i] == 0) {
            i++;
        }
        return i;
    }

    /** One past the highest word needed, after a carry: a word that only repeats the sign of the one below is not. */
    private int top(int bottom) {
        int i = limbs.length;
        while (i > bottom + 1 && (int) limbs[i - 1] == (int) limbs[i - 2] >> 31) {
            i--;
        }
        return i;
    }

    private void prepare(int index, int length) {
        if (++pending >= MAX_PENDING) {
            carry();
        }
        if (index < low || index + length > low + limbs.length) {
            grow(index, index + length);
        }
    }

    private void grow(int from, int to) {
        if (limbs.length == 0) {
            limbs = new long[to - from];
            low = from;
            return;
        }
        int newLow = Math.min(from, low);
        int newTop = Math.max(to, low + limbs.length);
        long[] wider = new long[newTop - newLow];
        System.arraycopy(limbs, 0, wider, low - newLow, limbs.length);
        limbs = wider;
        low = newLow;
    }

    /** Carries what exceeds 32 bits to the next limb; the last limb keeps the sign and fits an int. */
    private void carry() {
        pending = 0;
        long carried = 0;
        int last = limbs.length - 1;
        for (int i = 0; i < last; i++) {
            long limb = limbs[i] + carried;
            limbs[i] = limb & LIMB_MASK;
            carried = limb >> LIMB_BITS;
        }
        if (last < 0) {
            return;
        }
        long top = limbs[last] + carried;
        if (top == (int) top) {
            limbs[last] = top;
        } else {
            limbs = Arrays.copyOf(limbs, limbs.length + 1);
            limbs[last] = top & LIMB_MASK;
            limbs[last + 1] = top >> LIMB_BITS;
        }
    }
}
