package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** Normalizes and denormalizes rows with a state, and compares with the results in the same file. */
public final class ServeProgram {
    private ServeProgram() {}

    /**
     * Runs.
     *
     * @param arguments the file of the state, float or double, the shape, the file of rows x, y, x of y
     */
    public static void main(String[] arguments) throws IOException {
        BatchNormState state = StateJson.read(Path.of(arguments[0]));
        boolean isFloat = arguments[1].equals("float");
        SampleShape shape = SampleShape.channelsFirst(
                Stream.of(arguments[2].split(",")).mapToInt(Integer::parseInt).toArray());
        SampleTransform normalize = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        SampleTransform denormalize = InverseTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(shape.channels());
        long rows = 0;
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(Path.of(arguments[3]))))) {
            while (in.available() > 0) {
                if (isFloat) {
                    float[] x = floats(in, shape.length());
                    moments.add(x, shape);
                    normalize.apply(x, shape, x);
                    check(rows, Arrays.equals(x, floats(in, x.length)));
                    check(rows, Arrays.equals(denormalize.apply(x, shape), floats(in, x.length)));
                } else {
                    double[] x = doubles(in, shape.length());
                    moments.add(x, shape);
                    normalize.apply(x, shape, x);
                    check(rows, Arrays.equals(x, doubles(in, x.length)));
                    check(rows, Arrays.equals(denormalize.apply(x, shape), doubles(in, x.length)));
                }
                rows++;
            }
        }
        // Fitted with momentum none to these very rows: the running mean is their mean.
        ChannelMoments read = ChannelMoments.fromBytes(moments.snapshot().toBytes());
        double[] mean = state.runningMean();
        for (int c = 0; c < shape.channels(); c++) {
            check(c, mean != null && read.statistics().mean(c) == mean[c]);
        }
        System.out.println(rows + " rows");
    }

    private static float[] floats(DataInputStream in, int length) throws IOException {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = in.readFloat();
        }
        return values;
    }

    private static double[] doubles(DataInputStream in, int length) throws IOException {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = in.readDouble();
        }
        return values;
    }

    private static void check(long place, boolean same) {
        if (!same) {
            throw new IllegalStateException("other bits at " + place);
        }
    }
}
