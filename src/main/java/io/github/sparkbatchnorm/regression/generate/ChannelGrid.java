package io.github.sparkbatchnorm.regression.generate;

/**
 * The values of a channel that are finite: {@code (centre + step * (i - 2^(bits-1))) * 2^exponent} for i from 0 to
 * {@code 2^bits - 1}. With 0 bits it is the centre alone. Immutable.
 */
final class ChannelGrid {
    /** The most bits of i. */
    static final int MAX_BITS = 16;

    final long centre;
    final long step;
    final int bits;
    final int exponent;
    private final long half;
    private final long mask;
    private final double scale;

    /**
     * Creates a grid.
     *
     * @param centre an integer
     * @param step 0 or more
     * @param bits k, 0 to 16
     * @param exponent such that all values are doubles
     */
    ChannelGrid(long centre, long step, int bits, int exponent) {
        this.centre = centre;
        this.step = step;
        this.bits = bits;
        this.exponent = exponent;
        half = (1L << bits) >> 1;
        mask = (1L << bits) - 1;
        scale = Math.scalb(1.0, exponent);
    }

    /**
     * The value at a number: exact, as each factor and the product are doubles.
     *
     * @param number j, 0 or more; i is j modulo 2^bits
     */
    double value(long number) {
        return (centre + step * ((number & mask) - half)) * scale;
    }

    /** The i of a number. */
    long index(long number) {
        return number & mask;
    }

    /** 2^(bits-1), which is taken from i. */
    long half() {
        return half;
    }

    /** {@code 2^bits}, the numbers after which values repeat. */
    long period() {
        return mask + 1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelGrid that
                && centre == that.centre
                && step == that.step
                && bits == that.bits
                && exponent == that.exponent;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(centre + 31 * step) + 31 * (bits + 31 * exponent);
    }

    @Override
    public String toString() {
        return "(" + centre + " + " + step + " * (i - " + half + ")) * 2^" + exponent + ", i < " + period();
    }
}
