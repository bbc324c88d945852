package io.github.sparkbatchnorm.stats;

import io.github.sparkbatchnorm.MergeContract;
import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

class ChannelMomentsMergeTest extends MergeContract<double[], ChannelMoments> {
    private static final SampleShape SHAPE = SampleShape.channelsFirst(3, 2);

    @Override
    protected double[] value(Random random) {
        if (random.nextBoolean()) {
            // Numbers that cancel, so that small negative rests of large sums are among them.
            double large = Math.scalb(random.nextInt(5) - 2.0, 40 * random.nextInt(4));
            return new double[] {large, -large, large, -large, random.nextInt(5) - 3, -1};
        }
        Values[] kinds = Values.values();
        Values kind = kinds[random.nextInt(kinds.length)];
        return MomentsTesting.samples(kind, 1, SHAPE, false, random.nextLong()).get(0);
    }

    @Override
    protected ChannelMoments of(List<double[]> values) {
        return MomentsTesting.byBlocks(values, SHAPE, false);
    }

    @Override
    protected ChannelMoments combine(ChannelMoments a, ChannelMoments b) {
        return a.combine(b);
    }

    @Override
    protected Object bits(ChannelMoments merged) {
        return HexFormat.of().formatHex(merged.toBytes());
    }
}
