package io.github.sparkbatchnorm.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What real PyTorch answers: {@code golden/torch-batchnorm.jsonl}. */
public final class GoldenTorch {
    private static final String FILE = "/golden/torch-batchnorm.jsonl";

    private GoldenTorch() {}

    /**
     * A layer and the batches that it sees, in order.
     *
     * @param float32 whether the input values are floats
     * @param shape of a sample, channels first
     */
    public record Case(
            String name,
            BatchNormModule module,
            BatchNormState initial,
            boolean float32,
            SampleShape shape,
            List<Step> steps) {
        /** The values of a channel in flat samples, sample by sample. */
        public double[] valuesOf(int channel, double[][] samples) {
            int run = shape.spatialSize();
            return Arrays.stream(samples)
                    .flatMapToDouble(sample -> Arrays.stream(sample, channel * run, (channel + 1) * run))
                    .toArray();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A global batch and what torch answers, in float64.
     *
     * @param train training mode, else evaluation
     * @param x the samples, flat // [N][C*S], like y, dy and dx
     * @param dweight null if the layer is not affine, like dbias
     * @param batchVar biased
     * @param runningMean after the step, null if the layer does not track, like runningVar
     * @param numBatchesTracked after the step, 0 if the layer does not track
     */
    public record Step(
            boolean train,
            double[][] x,
            double[][] y,
            double[][] dy,
            double[][] dx,
            double @Nullable [] dweight,
            double @Nullable [] dbias,
            double[] batchMean,
            double[] batchVar,
            double @Nullable [] runningMean,
            double @Nullable [] runningVar,
            long numBatchesTracked) {}

    /** All cases, in the order of the file. */
    public static List<Case> cases() {
        ObjectMapper mapper = new ObjectMapper();
        List<Case> cases = new ArrayList<>();
        try (InputStream stream = Objects.requireNonNull(GoldenTorch.class.getResourceAsStream(FILE), FILE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                cases.add(toCase(mapper.readTree(line)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cases;
    }

    private static Case toCase(JsonNode json) {
        BatchNormConfig config = new BatchNormConfig(
                json.get("eps").doubleValue(),
                json.get("momentum").isNull() ? null : json.get("momentum").doubleValue(),
                json.get("affine").booleanValue(),
                json.get("track_running_stats").booleanValue());
        JsonNode initial = json.get("initial");
        BatchNormState state = BatchNormState.of(
                config,
                json.get("num_features").intValue(),
                tensor(json.get("weight")),
                tensor(json.get("bias")),
                tensor(initial.get("running_mean")),
                tensor(initial.get("running_var")),
                initial.get("num_batches_tracked").asLong());
        String name = json.get("name").textValue();
        String module = json.get("module").textValue();
        List<Step> steps = new ArrayList<>();
        json.get("steps").forEach(step -> steps.add(toStep(step)));
        int[] dims = Arrays.stream(tensor(json.get("sample_shape")))
                .mapToInt(d -> (int) d)
                .toArray();
        return new Case(
                name,
                Arrays.stream(BatchNormModule.values())
                        .filter(m -> m.toString().equals(module))
                        .findFirst()
                        .orElseThrow(),
                state,
                json.get("dtype").textValue().equals("float32"),
                SampleShape.channelsFirst(dims),
                steps);
    }

    private static Step toStep(JsonNode json) {
        int batch = json.get("batch").intValue();
        return new Step(
                json.get("mode").textValue().equals("train"),
                samples(json.get("x"), batch),
                samples(json.get("y"), batch),
                samples(json.get("dy"), batch),
                samples(json.get("dx"), batch),
                tensor(json.get("dweight")),
                tensor(json.get("dbias")),
                tensor(json.get("batch_mean")),
                tensor(json.get("batch_var")),
                tensor(json.get("running_mean")),
                tensor(json.get("running_var")),
                json.get("num_batches_tracked").asLong());
    }

    private static double[][] samples(JsonNode json, int batch) {
        double[] flat = tensor(json);
        int length = flat.length / batch;
        double[][] samples = new double[batch][];
        for (int i = 0; i < batch; i++) {
            samples[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
        }
        return samples;
    }

    private static double @Nullable [] tensor(JsonNode json) {
        if (json.isNull()) {
            return null;
        }
        double[] values = new double[json.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode value = json.get(i);
            values[i] = value.isTextual() ? Double.parseDouble(value.textValue()) : value.doubleValue();
        }
        return values;
    }
}
