package io.github.sparkbatchnorm.stats;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Samples for tests, and their moments the slow, exact way: value by value. */
final class MomentsTesting {
    private MomentsTesting() {}

    static ChannelMoments slowly(List<double[]> samples, SampleShape shape) {
        ChannelMoments.Accumulator slow = new ChannelMoments.Accumulator(shape.channels());
        for (double[] sample : samples) {
            for (int i = 0; i < sample.length; i++) {
                slow.add(shape.channelOf(i), sample[i]);
            }
        }
        return slow.snapshot();
    }

    static ChannelMoments byBlocks(List<double[]> samples, SampleShape shape, boolean single) {
        ChannelMoments.Accumulator fast = new ChannelMoments.Accumulator(shape.channels());
        for (double[] sample : samples) {
            if (single) {
                fast.add(toFloats(sample), shape);
            } else {
                fast.add(sample, shape);
            }
        }
        return fast.snapshot();
    }

    static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** Kinds of values that take different ways through the sums. */
    enum Values {
        NORMAL {
            @Override
            double next(Random random) {
                return 3 * random.nextGaussian() + 1;
            }
        },
        FAR_APART {
            @Override
            double next(Random random) {
                return Math.scalb(random.nextDouble() - 0.5, random.nextInt(400) - 200);
            }
        },
        ANY_BITS {
            @Override
            double next(Random random) {
                return Double.longBitsToDouble(random.nextLong());
            }
        },
        SMALL_INTEGERS {
            @Override
            double next(Random random) {
                return random.nextInt(17);
            }
        },
        SPECIAL {
            @Override
            double next(Random random) {
                double[] some = {
                    Double.NaN,
                    Double.POSITIVE_INFINITY,
                    Double.NEGATIVE_INFINITY,
                    -0.0,
                    0.0,
                    Double.MIN_VALUE,
                    -Double.MAX_VALUE,
                    Float.MIN_VALUE,
                    Float.MAX_VALUE,
                    1.0,
                    -1.5
                };
                return random.nextInt(20) == 0 ? some[random.nextInt(some.length)] : random.nextGaussian();
            }
        },
        /** A tiny power of two among full significands, the edge of the block's exactness. */
        TINY_AMONG_FULL {
            @Override
            double next(Random random) {
                double full = 1 + random.nextDouble();
                return random.nextInt(40) == 0 ? Math.scalb(1.0, -18 - random.nextInt(60)) : full;
            }
        },
        /** Sums of the most bits that a block can have: values just below a power of two, and full ones far below. */
        FULL_FAR_BELOW {
            @Override
            double next(Random random) {
                double full = 2 - random.nextDouble() / 256;
                return random.nextInt(40) == 0 ? Math.scalb(full, -18 - random.nextInt(8)) : full;
            }
        },
        HUGE_MEAN {
            @Override
            double next(Random random) {
                return 1e12 + random.nextGaussian();
            }
        },
        EDGE_OF_RANGE {
            @Override
            double next(Random random) {
                return Math.scalb(
                        1 + random.nextDouble(), (random.nextBoolean() ? 1 : -1) * (425 + random.nextInt(10)));
            }
        };

        abstract double next(Random random);
    }

    static List<double[]> samples(Values values, int count, SampleShape shape, boolean single, long seed) {
        Random random = new Random(seed);
        List<double[]> samples = new ArrayList<>();
        for (int s = 0; s < count; s++) {
            double[] sample = new double[shape.length()];
            for (int i = 0; i < sample.length; i++) {
                double v = values.next(random);
                sample[i] = single ? (float) v : v;
            }
            samples.add(sample);
        }
        return samples;
    }
}
