package io.github.sparkbatchnorm.stats;

import io.github.sparkbatchnorm.MergeContract;
import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

class GradientSumsMergeTest extends MergeContract<double[][], GradientSums> {
    private static final SampleShape SHAPE = SampleShape.channelsFirst(3, 2);

    @Override
    protected double[][] value(Random random) {
        // A few numbers that cancel, so that small negative rests of large sums are among them.
        double[] dy = sample(random);
        if (random.nextBoolean()) {
            double large = Math.scalb(random.nextInt(5) - 2.0, 40 * random.nextInt(4));
            dy = new double[] {large, -large, large, -large, random.nextInt(5) - 3, -1};
        }
        return new double[][] {sample(random), dy};
    }

    private static double[] sample(Random random) {
        Values[] kinds = Values.values();
        Values kind = kinds[random.nextInt(kinds.length)];
        return MomentsTesting.samples(kind, 1, SHAPE, false, random.nextLong()).get(0);
    }

    @Override
    protected GradientSums of(List<double[][]> pairs) {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(3, false);
        pairs.forEach(pair -> sums.add(pair[0], pair[1], SHAPE));
        return sums.snapshot();
    }

    @Override
    protected GradientSums combine(GradientSums a, GradientSums b) {
        return a.combine(b);
    }

    @Override
    protected Object bits(GradientSums merged) {
        return HexFormat.of().formatHex(merged.toBytes());
    }
}
