import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.InverseTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.file.Path;
import java.util.Arrays;

/** Normalizes a sample with the state in a file, and prints it and the sample that it is denormalized to. */
public final class Serve {
    public static void main(String[] arguments) throws Exception {
        double[] x = Arrays.stream(arguments).skip(1).mapToDouble(Double::parseDouble).toArray();
        double[] y = new double[x.length];
        // README
        BatchNormState state = StateJson.read(Path.of(arguments[0])); // what StateFiles.write or --state-out wrote
        SampleShape shape = SampleShape.channelsFirst(state.numFeatures());
        ChannelTransform normalize = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        InverseTransform denormalize = InverseTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        normalize.apply(x, shape, y); // float[] or double[], into an array at hand; denormalize.apply goes back
        // README
        System.out.println(Arrays.toString(y));
        denormalize.apply(y, shape, y);
        System.out.println(Arrays.toString(y));
    }
}
