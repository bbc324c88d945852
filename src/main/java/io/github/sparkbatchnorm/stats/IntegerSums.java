package io.github.sparkbatchnorm.stats;

/**
 * Exact sums of integers of one channel, and of their squares of up to {@code 2^126}, in words of 32 bits whose carries
 * wait: an array has fewer than {@code 2^31} integers, so that a long holds the sum of a word of each. Not thread-safe.
 */
final class IntegerSums {
    private static final long WORD = 0xFFFF_FFFFL;
    private static final int WORD_BITS = 32;
    /** Up to this magnitude a double equals every integer. */
    private static final long ALL_DOUBLES = 1L << 53;

    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;
    private long sumLow;
    private long sumHigh;
    private long square0;
    private long square1;
    private long square2;
    private long square3;

    private IntegerSums() {}

    /** Adds a sample of integers to sums whose channels all have slots. */
    static void add(long[] sample, SampleShape shape, MomentSums out) {
        boolean last = shape.isChannelsLast();
        int stride = last ? shape.channels() : 1;
        int length = shape.spatialSize();
        for (int channel = 0; channel < shape.channels(); channel++) {
            int first = last ? channel : channel * length;
            IntegerSums sums = new IntegerSums();
            sums.add(sample, first, stride, length);
            sums.deposit(channel, out);
            out.extremesUnknown |= !sums.haveKnownExtremes(sample, first, stride, length);
        }
    }

    private void add(long[] x, int first, int stride, int length) {
        for (int n = 0, i = first; n < length; n++, i += stride) {
            long v = x[i];
            min = Math.min(min, v);
            max = Math.max(max, v);
            sumLow += v & WORD;
            sumHigh += v >> WORD_BITS;
            long low = v * v;
            long high = Math.multiplyHigh(v, v);
            square0 += low & WORD;
            square1 += low >>> WORD_BITS;
            square2 += high & WORD;
            square3 += high >> WORD_BITS;
        }
    }

    private void deposit(int channel, MomentSums out) {
        out.widen(channel, (double) min, (double) max);
        if (min < 0 || max > 0) {
            add(out.exact.values(channel), sumLow, sumHigh);
            add(out.exact.products(channel), square0, square1, square2, square3);
        }
    }

    private static void add(ExactSum sum, long... words) {
        for (int i = 0; i < words.length; i++) {
            if (words[i] != 0) {
                sum.add(words[i], i * WORD_BITS);
            }
        }
    }

    /** Whether a double equals each of the integers: not of the extremes alone, so that parts merge in any order. */
    private boolean haveKnownExtremes(long[] x, int first, int stride, int length) {
        if (min >= -ALL_DOUBLES && max <= ALL_DOUBLES) {
            return true;
        }
        for (int n = 0, i = first; n < length; n++, i += stride) {
            if (!isDouble(x[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDouble(long v) {
        double nearest = v;
        return (long) nearest == v && nearest != 0x1p63; // which the cast makes the largest long
    }
}
