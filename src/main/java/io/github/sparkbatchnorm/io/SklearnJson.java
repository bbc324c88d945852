package io.github.sparkbatchnorm.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fitted attributes of scikit-learn's StandardScaler as a JSON object. */
final class SklearnJson {
    private static final String MEAN = "mean_";
    private static final String VAR = "var_";
    private static final String SCALE = "scale_";
    private static final String SAMPLES = "n_samples_seen_";
    private static final List<String> KEYS = List.of(MEAN, VAR, SCALE, SAMPLES);

    /** Beyond it a scale is not the root of its variance, however many digits were written. */
    private static final double SCALE_TOLERANCE = 1e-12;

    /** Python writes NaN and Infinity as they stand here. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private SklearnJson() {}

    static byte[] write(BatchNormState state, FormatOptions options) {
        checkExpressible(state);
        double[] mean = Objects.requireNonNull(state.runningMean());
        double[] var = Objects.requireNonNull(state.runningVar());
        double[] scale = Arrays.stream(var).map(v -> v == 0 ? 1 : Math.sqrt(v)).toArray();
        String json = "{\n  \"" + MEAN + "\": " + array(mean) + ",\n  \"" + VAR + "\": " + array(var) + ",\n  \""
                + SCALE + "\": " + array(scale) + ",\n  \"" + SAMPLES + "\": " + options.sampleCount() + "\n}\n";
        return json.getBytes(StandardCharsets.UTF_8);
    }

    /** @throws BatchNormException naming what StandardScaler does not have */
    private static void checkExpressible(BatchNormState state) {
        String standardScaler = ": StandardScaler has none";
        if (state.config().eps() != 0) {
            throw new BatchNormException("eps is " + state.config().eps() + "; expected 0" + standardScaler);
        }
        for (int c = 0; c < state.numFeatures(); c++) {
            if (state.weight(c) != 1) {
                throw new BatchNormException(
                        "weight[" + c + "] is " + state.weight(c) + "; expected 1" + standardScaler);
            }
            if (state.bias(c) != 0) {
                throw new BatchNormException("bias[" + c + "] is " + state.bias(c) + "; expected 0" + standardScaler);
            }
        }
    }

    private static String array(double[] values) {
        return Arrays.stream(values)
                .mapToObj(v -> Double.isFinite(v) ? Double.toString(v) : "\"" + v + "\"")
                .collect(Collectors.joining(",", "[", "]"));
    }

    /** @throws IllegalArgumentException naming the key that does not fit */
    static BatchNormState read(byte[] content, FormatOptions options) {
        JsonNode json = parse(content);
        double @Nullable [] mean = numbers(json, MEAN);
        double @Nullable [] var = numbers(json, VAR);
        double @Nullable [] scale = numbers(json, SCALE);
        checkSamples(json);
        if ((var == null) != (scale == null)) {
            throw new IllegalArgumentException("of var_ and scale_ one is null; expected both or neither");
        }
        if (mean == null && var == null) {
            throw new IllegalArgumentException("mean_, var_ and scale_ are null; expected arrays of numbers");
        }
        int channels = Objects.requireNonNullElse(mean, var).length;
        double[] runningVar = new double[channels];
        Arrays.fill(runningVar, 1);
        if (var != null && scale != null) {
            checkLength(VAR, var, channels);
            checkLength(SCALE, scale, channels);
            for (int c = 0; c < channels; c++) {
                runningVar[c] = variance(var[c], scale[c], c);
            }
        }
        double[] weight = new double[channels];
        Arrays.fill(weight, 1);
        return BatchNormState.of(
                options.config(BatchNormConfig.DEFAULT.withEps(0).withCumulativeAverage()),
                channels,
                weight,
                new double[channels],
                mean == null ? new double[channels] : mean,
                runningVar,
                1);
    }

    /** The scale is what StandardScaler divides by: 1 of a channel that it holds for constant. */
    private static double variance(double var, double scale, int channel) {
        double root = Math.sqrt(var);
        if (scale == 1) {
            return 1;
        }
        boolean isRoot = Math.abs(scale - root) <= SCALE_TOLERANCE * root;
        if ((var > 0 && (isRoot || scale == root)) || (Double.isNaN(var) && Double.isNaN(scale))) {
            return var;
        }
        throw new IllegalArgumentException("scale_[" + channel + "] is " + scale + ", but var_[" + channel + "] is "
                + var + "; expected its square root, or 1 of a constant");
    }

    private static JsonNode parse(byte[] content) {
        try (JsonParser parser = MAPPER.createParser(new String(content, StandardCharsets.UTF_8))) {
            JsonNode json = MAPPER.readTree(parser);
            if (json == null || !json.isObject() || parser.nextToken() != null) {
                throw new IllegalArgumentException(
                        "it is not one JSON object; expected one with the keys " + String.join(", ", KEYS));
            }
            for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
                String name = names.next();
                if (!KEYS.contains(name)) {
                    throw new IllegalArgumentException(
                            "unknown key " + Quoted.text(name) + "; the known ones are " + String.join(", ", KEYS));
                }
            }
            return json;
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("").replaceFirst(": enable `.*", "");
            throw new IllegalArgumentException(
                    "not JSON: " + what + "; expected an object with the keys " + String.join(", ", KEYS), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no stream
        }
    }

    private static double @Nullable [] numbers(JsonNode json, String key) {
        JsonNode array = get(json, key);
        if (array.isNull()) {
            return null;
        }
        if (!array.isArray() || array.isEmpty()) {
            throw new IllegalArgumentException(
                    key + " is " + Quoted.text(array.toString()) + "; expected an array of numbers or null");
        }
        double[] numbers = new double[array.size()];
        for (int c = 0; c < numbers.length; c++) {
            numbers[c] = number(array.get(c), key + "[" + c + "]");
        }
        return numbers;
    }

    private static double number(JsonNode node, String name) {
        if (node.isNumber()) {
            return node.doubleValue();
        }
        return switch (node.isTextual() ? node.textValue() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw new IllegalArgumentException(name + " is " + Quoted.text(node.toString())
                    + "; expected a number, or one of the texts NaN, Infinity, -Infinity");
        };
    }

    /** One number for all channels, one for each, or none: a state has no place for it. */
    private static void checkSamples(JsonNode json) {
        JsonNode samples = get(json, SAMPLES);
        boolean fits = samples.isNull() || samples.isIntegralNumber() || samples.isArray();
        for (JsonNode element : samples) {
            fits &= element.isIntegralNumber();
        }
        if (!fits) {
            throw new IllegalArgumentException(SAMPLES + " is " + Quoted.text(samples.toString())
                    + "; expected a whole number, an array of them, or null");
        }
    }

    private static JsonNode get(JsonNode json, String key) {
        JsonNode node = json.get(key);
        if (node == null) {
            throw new IllegalArgumentException("no key " + key + "; expected " + String.join(", ", KEYS));
        }
        return node;
    }

    private static void checkLength(String key, double[] values, int length) {
        if (values.length != length) {
            throw new IllegalArgumentException(
                    key + " has " + values.length + " values; expected " + length + ", as mean_");
        }
    }
}
