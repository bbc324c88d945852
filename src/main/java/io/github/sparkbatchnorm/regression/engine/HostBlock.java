package io.github.sparkbatchnorm.regression.engine;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.regression.exact.Sha256;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** A fixed block of the arithmetic of all passes: its result has the same bits on every machine that is sound. */
final class HostBlock {
    private static final int CHANNELS = 64;
    private static final int SAMPLES = 256;

    private HostBlock() {}

    /** The SHA-256 of sums and normalized values of floats and doubles, in hexadecimal digits. */
    static String run() {
        SampleShape shape = SampleShape.channelsFirst(CHANNELS);
        SplittableRandom random = new SplittableRandom(7);
        float[][] floats = new float[SAMPLES][CHANNELS];
        double[][] doubles = new double[SAMPLES][CHANNELS];
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(CHANNELS);
        for (int i = 0; i < SAMPLES; i++) {
            for (int c = 0; c < CHANNELS; c++) {
                doubles[i][c] = (1 << c % 31) + random.nextDouble();
                floats[i][c] = (float) (random.nextDouble() - 0.5);
            }
            moments.add(floats[i], shape);
            moments.add(doubles[i], shape);
        }
        ChannelMoments sums = moments.snapshot();
        MessageDigest hash = Sha256.create();
        hash.update(sums.toRecord());
        ChannelTransform normalize = ChannelTransform.ofBatch(
                sums.statistics(),
                BatchNormState.initial(CHANNELS, BatchNormConfig.DEFAULT),
                NonFinitePolicy.PROPAGATE);
        ByteBuffer bytes = ByteBuffer.allocate(CHANNELS * (Float.BYTES + Double.BYTES));
        for (int i = 0; i < SAMPLES; i++) {
            bytes.clear();
            for (double y : normalize.apply(doubles[i], shape)) {
                bytes.putDouble(y);
            }
            for (float y : normalize.apply(floats[i], shape)) {
                bytes.putFloat(y);
            }
            hash.update(bytes.flip());
        }
        return HexFormat.of().formatHex(hash.digest());
    }
}
