package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;

/** Batches, and batch norm in 60 digits, for tests. */
final class LayerTesting {
    private static final MathContext DIGITS = new MathContext(60);

    private LayerTesting() {}

    /** A batch with the given values in each channel, which may be of different number. */
    static ChannelMoments moments(double[]... channels) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(channels.length);
        for (int c = 0; c < channels.length; c++) {
            for (double value : channels[c]) {
                moments.add(c, value);
            }
        }
        return moments.snapshot();
    }

    static ChannelStatistics batch(double[]... channels) {
        return moments(channels).statistics();
    }

    static double[] values(double... values) {
        return values;
    }

    /** Mean of finite values. */
    static BigDecimal mean(double[] values) {
        BigDecimal sum = BigDecimal.ZERO;
        for (double value : values) {
            sum = sum.add(new BigDecimal(value));
        }
        return sum.divide(BigDecimal.valueOf(values.length), DIGITS);
    }

    /** Biased variance of finite values. */
    static BigDecimal populationVariance(double[] values) {
        BigDecimal mean = mean(values);
        BigDecimal sum = BigDecimal.ZERO;
        for (double value : values) {
            BigDecimal centred = new BigDecimal(value).subtract(mean);
            sum = sum.add(centred.multiply(centred));
        }
        return sum.divide(BigDecimal.valueOf(values.length), DIGITS);
    }

    /** {@code (x - mean) / sqrt(var + eps) * weight + bias}; var + eps is not 0. */
    static BigDecimal normalized(double x, BigDecimal mean, BigDecimal var, double eps, double weight, double bias) {
        return new BigDecimal(x)
                .subtract(mean)
                .divide(var.add(new BigDecimal(eps)).sqrt(DIGITS), DIGITS)
                .multiply(new BigDecimal(weight))
                .add(new BigDecimal(bias));
    }

    /** The same object, written and read by Java serialization. */
    @SuppressWarnings("BanSerializableRead")
    static <T> T throughJava(T object, Class<T> type) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return type.cast(in.readObject());
        }
    }
}
