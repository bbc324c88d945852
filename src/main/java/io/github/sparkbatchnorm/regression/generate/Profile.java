package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.layer.Dtype;

/**
 * What the values of a channel are like. Each channel has the numbers of a grid, equally often: {@code (centre + step *
 * (i - 2^(k-1))) * 2^q} for i from 0 to {@code 2^k - 1}, all of them exact in the dtype. Centre, step and q vary by
 * channel. The sizes below are those of a batch with {@code 2^k} values a channel or more; a smaller one has the lowest
 * values of the grid only.
 *
 * <table>
 * <caption>std is the standard deviation, v the channel's number.</caption>
 * <tr><th>profile</th><th>float32</th><th>float64</th></tr>
 * <tr><td>normal</td>
 * <td>k = 12; mean from -1.8 to 1.6 std, std from 0.57 to 2.4, 22 bits used</td>
 * <td>k = 16; the same, 49 bits used</td></tr>
 * <tr><td>ill-conditioned</td>
 * <td>k = 5; mean/std is 2^20, in odd channels -2^20; std from 8.8e-6 to 1.2e-3</td>
 * <td>k = 12; mean/std is 1e12, in odd channels -1e12; std from 1e-9 to 1.4e-7</td></tr>
 * <tr><td>tiny, v mod 4 = 0</td><td>k = 12; subnormal</td><td>k = 16; subnormal: the variance as a double is 0</td></tr>
 * <tr><td>1</td><td>k = 12; on both sides of the smallest normal number, 2^-126</td>
 * <td>k = 16; on both sides of 2^-1022: the variance as a double is 0</td></tr>
 * <tr><td>2</td><td>k = 12; std 1e-37</td><td>k = 16; std 3e-160: the variance is subnormal</td></tr>
 * <tr><td>3</td><td>k = 3; the eight numbers from -4 to 3 times the smallest one, 2^-149</td>
 * <td>k = 16; std 3e-154: the variance is near the smallest normal number</td></tr>
 * <tr><td>huge</td>
 * <td>k = 12; up to 2.6e38 of the largest 3.4e38, in odd channels negative; std from 6e36 to 5e37</td>
 * <td>k = 16; up to 2^510.6, whose squares are doubles, in odd channels negative; std from 2^505 to 2^509</td></tr>
 * <tr><td>constant</td>
 * <td>k = 0; 24 bits, the last one set, of either sign, from 9e-7 to 2e6; 0 where v mod 8 = 7</td>
 * <td>the same with 53 bits</td></tr>
 * <tr><td>integers, v mod 4 = 0</td><td>k = 8; 0 to 255</td><td>k = 16; 0 to 65535</td></tr>
 * <tr><td>1</td><td>k = 8; multiples of 3 from -384 to 381</td><td>k = 16; multiples of 3 from -98304 to 98301</td></tr>
 * <tr><td>2</td><td>k = 12; 8388608 - 2048 to 8388608 + 2047</td>
 * <td>k = 16; multiples of 2^20 + 1, around 2^40</td></tr>
 * <tr><td>3</td><td>k = 1; 0 and 1</td><td>k = 1; 0 and 1</td></tr>
 * <tr><td>mixed</td><td colspan="2">channel v has the profile v mod 6 of these, as the channel floor(v / 6) has
 * it</td></tr>
 * </table>
 */
public enum Profile {
    /** Mean and spread of a usual activation. */
    NORMAL {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            int v = channel % VARIANTS;
            int size = v % 3 - 1;
            return dtype == Dtype.FLOAT32
                    ? new ChannelGrid(((v - 8L) << 18) + 4321, 1021 + 2 * v, 12, size - 20)
                    : new ChannelGrid(((v - 8L) << 45) + 4321, (1L << 33) + 1021 + 2L * v, 16, size - 47);
        }
    },
    /** A large mean beside a small spread. */
    ILL_CONDITIONED {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            int v = channel % VARIANTS;
            // The standard deviation of the grid is sqrt((4^k - 1) / 12) steps.
            long size = dtype == Dtype.FLOAT32 ? 9_681_599 + 2L * v : 1_182_413_315_000_001L + 2L * v;
            long centre = channel % 2 == 0 ? size : -size;
            return dtype == Dtype.FLOAT32
                    ? new ChannelGrid(centre, 1, 5, v % 8 - 20)
                    : new ChannelGrid(centre, 1, 12, v % 8 - 40);
        }
    },
    /** Near the smallest numbers. */
    TINY {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            int v = channel % VARIANTS;
            return dtype == Dtype.FLOAT32 ? tinyFloats(v) : tinyDoubles(v);
        }
    },
    /** As large as the type, and the variance as a double, allow. */
    HUGE {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            int v = channel % VARIANTS;
            long sign = channel % 2 == 0 ? 1 : -1;
            return dtype == Dtype.FLOAT32
                    ? new ChannelGrid(sign * ((1L << 23) + 4321), (1L << 11) + 1 + 2L * v, 12, 104 - v % 4)
                    : new ChannelGrid(sign * ((1L << 52) + 4321), (1L << 36) + 1 + 2L * v, 16, 458 - v % 4);
        }
    },
    /** One value, whose last bit is set. */
    CONSTANT {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            int v = channel % VARIANTS;
            if (v % 8 == 7) {
                return new ChannelGrid(0, 0, 0, 0);
            }
            int significand = dtype == Dtype.FLOAT32 ? 24 : 53;
            long size = (GOLDEN * (v + 1)) >>> (Long.SIZE - significand) | 1 | 1L << (significand - 1);
            return new ChannelGrid(channel % 2 == 0 ? size : -size, 0, 0, 1 - significand + (v % 5 - 2) * 10);
        }
    },
    /** Whole numbers. */
    INTEGERS {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            boolean small = dtype == Dtype.FLOAT32;
            int bits = small ? 8 : 16;
            return switch (channel % 4) {
                case 0 -> new ChannelGrid(1L << (bits - 1), 1, bits, 0);
                case 1 -> new ChannelGrid(0, 3, bits, 0);
                case 2 -> small ? new ChannelGrid(1L << 23, 1, 12, 0) : new ChannelGrid(1L << 40, (1 << 20) + 1, 16, 0);
                default -> new ChannelGrid(1, 1, 1, 0);
            };
        }
    },
    /** Each of the others in turn. */
    MIXED {
        @Override
        ChannelGrid grid(Dtype dtype, int channel) {
            Profile of =
                    switch (channel % OTHERS) {
                        case 0 -> NORMAL;
                        case 1 -> ILL_CONDITIONED;
                        case 2 -> TINY;
                        case 3 -> HUGE;
                        case 4 -> CONSTANT;
                        default -> INTEGERS;
                    };
            return of.grid(dtype, channel / OTHERS);
        }
    };

    /** After how many channels grids repeat. */
    private static final int VARIANTS = 16;

    /** The profiles that are not a mixture. */
    private static final int OTHERS = 6;

    /** The bits of the golden ratio, which look like any. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private static ChannelGrid tinyFloats(int v) {
        return switch (v % 4) {
            case 0 -> new ChannelGrid((v - 8L) << 16, 1021 + 2 * v, 12, -149);
            case 1 -> new ChannelGrid(1L << 23, 1021 + 2 * v, 12, -149);
            case 2 -> new ChannelGrid((v - 8L) << 16, 1021 + 2 * v, 12, -143);
            default -> new ChannelGrid(0, 1, 3, -149);
        };
    }

    private static ChannelGrid tinyDoubles(int v) {
        long step = (1L << 33) + 1021 + 2L * v;
        return switch (v % 4) {
            case 0 -> new ChannelGrid((v - 8L) << 40, step, 16, -1074);
            case 1 -> new ChannelGrid(1L << 52, step, 16, -1074);
            case 2 -> new ChannelGrid((v - 8L) << 40, step, 16, -577);
            default -> new ChannelGrid((v - 8L) << 40, step, 16, -557);
        };
    }

    /**
     * The values of a channel.
     *
     * @param dtype that all of them are exact in
     * @param channel 0 or more
     */
    abstract ChannelGrid grid(Dtype dtype, int channel);
}
