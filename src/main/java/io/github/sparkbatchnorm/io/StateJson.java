package io.github.sparkbatchnorm.io;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The format of state files: one JSON object with PyTorch's names. Version 2 is written; version 1, which has neither
 * {@code running_mean_low} nor {@code provenance}, is read and can be written.
 *
 * <p>{@code momentum} is null for the cumulative average, and so is a tensor that the state does not have. Numbers that
 * are not finite are the strings {@code NaN}, {@code Infinity} and {@code -Infinity}. A state that is written and read
 * back has the same bits. Threads can call these methods at the same time.
 */
public final class StateJson {
    private static final String FORMAT = "spark-batchnorm-state";
    private static final int VERSION = 2;

    private static final List<String> KEYS = List.of(
            "format",
            "version",
            "num_features",
            "eps",
            "momentum",
            "affine",
            "track_running_stats",
            "weight",
            "bias",
            "running_mean",
            "running_var",
            "num_batches_tracked");

    private static final List<String> KEYS_SINCE_2 = List.of("running_mean_low", "provenance");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private StateJson() {}

    /**
     * The JSON text of a state.
     *
     * @param state any state
     * @return one key on each line, ended by a newline
     */
    public static String write(BatchNormState state) {
        return write(state, VERSION);
    }

    /**
     * The JSON text of a state, for readers of version 0.1 of this library.
     *
     * @param state any state; its provenance and {@linkplain BatchNormState#hasRunningMeanLow the low parts of its
     *     running means} are lost
     * @return one key on each line, ended by a newline
     */
    public static String writeVersion1(BatchNormState state) {
        return write(state, 1);
    }

    private static String write(BatchNormState state, int version) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("format", FORMAT);
        json.put("version", version);
        json.put("num_features", state.numFeatures());
        json.put("eps", state.config().eps());
        json.put("momentum", state.config().momentum());
        json.put("affine", state.config().affine());
        json.put("track_running_stats", state.config().trackRunningStats());
        json.set("weight", array(state.weight()));
        json.set("bias", array(state.bias()));
        json.set("running_mean", array(state.runningMean()));
        if (version > 1) {
            json.set("running_mean_low", array(state.hasRunningMeanLow() ? state.runningMeanLow() : null));
        }
        json.set("running_var", array(state.runningVar()));
        json.put("num_batches_tracked", state.hasRunningStatistics() ? state.numBatchesTracked() : null);
        if (version > 1) {
            json.set(
                    "provenance",
                    state.provenance().map(ProvenanceJson::write).orElseGet(JsonNodeFactory.instance::nullNode));
        }
        StringBuilder text = new StringBuilder("{");
        String separator = "\n";
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            text.append(separator)
                    .append("  \"")
                    .append(entry.getKey())
                    .append("\": ")
                    .append(entry.getValue());
            separator = ",\n";
        }
        return text.append("\n}\n").toString();
    }

    /**
     * Writes a state to a file. Whoever reads the file meanwhile finds its old content or the new, each as a whole: the
     * text is written beside it and moved into its place.
     *
     * @param state any state
     * @param file replaced if it exists, a symbolic link by the file itself; its folder exists
     * @throws IOException naming the file, which then is as it was; nothing is left beside it
     */
    public static void write(BatchNormState state, Path file) throws IOException {
        try {
            AtomicFile.write(file, write(state));
        } catch (IOException e) {
            throw new IOException(file + ": the state was not written: " + e, e);
        }
    }

    private static JsonNode array(double @Nullable [] values) {
        if (values == null) {
            return JsonNodeFactory.instance.nullNode();
        }
        ArrayNode array = JsonNodeFactory.instance.arrayNode(values.length);
        for (double v : values) {
            array.add(Double.isFinite(v) ? DoubleNode.valueOf(v) : TextNode.valueOf(Double.toString(v)));
        }
        return array;
    }

    /**
     * The state in a JSON text.
     *
     * @param json the content of a state file
     * @param source names the text in messages, such as the path of its file
     * @return a state of the same bits as the one that was written
     * @throws BatchNormException if the text is not a state of a known version; the message names the source and the
     *     key
     */
    public static BatchNormState read(String json, String source) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            JsonNode root = MAPPER.readTree(parser);
            if (root == null) {
                throw new IllegalArgumentException("it is empty; expected a state file of spark-batchnorm");
            }
            BatchNormState state = read(root);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException(
                        "something follows the object, " + where(parser.currentTokenLocation()) + "; expected its end");
            }
            return state;
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("").replaceFirst(": enable `.*", "");
            String where = e.getLocation() == null ? "" : " " + where(e.getLocation());
            throw new BatchNormException(
                    source + ": not JSON" + where + ": " + what + "; expected a state file of spark-batchnorm", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no stream
        } catch (IllegalArgumentException e) {
            throw new BatchNormException(source + ": " + e.getMessage(), e);
        }
    }

    /**
     * The state in a file.
     *
     * @param file a state file in UTF-8
     * @return a state of the same bits as the one that was written
     * @throws NoSuchFileException if there is no such file
     * @throws IOException if the file cannot be read; the message names it
     * @throws BatchNormException if it is not a state file of version 1; the message names the file and the key
     */
    public static BatchNormState read(Path file) throws IOException {
        try {
            return read(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(
                    file.toString(), null, "no such file; expected a state file of spark-batchnorm");
        } catch (CharacterCodingException e) {
            throw new BatchNormException(file + ": not text in UTF-8; expected a state file of spark-batchnorm", e);
        } catch (IOException e) {
            throw new IOException(file + ": the state was not read: " + e, e);
        }
    }

    private static String where(JsonLocation location) {
        return "at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    private static BatchNormState read(JsonNode json) {
        if (!json.isObject()) {
            throw new IllegalArgumentException(
                    "the JSON is " + describe(json) + "; expected an object with the keys " + String.join(", ", KEYS));
        }
        JsonNode format = get(json, "format", "\"" + FORMAT + "\"", JsonNode::isTextual);
        if (!format.textValue().equals(FORMAT)) {
            throw new IllegalArgumentException("format is " + describe(format) + "; expected \"" + FORMAT + "\"");
        }
        JsonNode version = get(json, "version", "a whole number", JsonNode::isIntegralNumber);
        if (!version.canConvertToInt() || version.intValue() < 1 || version.intValue() > VERSION) {
            throw new IllegalArgumentException("version is " + describe(version) + "; expected 1 or " + VERSION
                    + ", the only ones known: a newer spark-batchnorm may read it");
        }
        boolean isFirst = version.intValue() == 1;
        for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!KEYS.contains(name) && (isFirst || !KEYS_SINCE_2.contains(name))) {
                throw new IllegalArgumentException("unknown key " + describe(TextNode.valueOf(name))
                        + "; the known ones are " + String.join(", ", KEYS)
                        + (isFirst ? "" : ", " + String.join(", ", KEYS_SINCE_2)));
            }
        }
        JsonNode momentum = get(json, "momentum", "a number or null", node -> node.isNumber() || node.isNull());
        BatchNormConfig config = new BatchNormConfig(
                get(json, "eps", "a number", JsonNode::isNumber).doubleValue(),
                momentum.isNull() ? null : momentum.doubleValue(),
                flag(json, "affine"),
                flag(json, "track_running_stats"));
        int channels = get(
                        json,
                        "num_features",
                        "a whole number",
                        node -> node.isIntegralNumber() && node.canConvertToInt())
                .intValue();
        double[] mean = tensor(json, "running_mean");
        JsonNode tracked = get(
                json,
                "num_batches_tracked",
                mean == null ? "null, since there are no running statistics" : "a whole number",
                node -> (mean == null && node.isNull()) || (node.isIntegralNumber() && node.canConvertToLong()));
        BatchNormState state = BatchNormState.of(
                config,
                channels,
                tensor(json, "weight"),
                tensor(json, "bias"),
                mean,
                tensor(json, "running_var"),
                tracked.longValue());
        return isFirst ? state : withKeysSince2(state, json);
    }

    private static BatchNormState withKeysSince2(BatchNormState state, JsonNode json) {
        double[] low = tensor(json, "running_mean_low");
        JsonNode from = get(json, "provenance", "an object or null", node -> node.isObject() || node.isNull());
        BatchNormState whole = low == null ? state : state.withRunningMeanLow(low);
        return from.isNull() ? whole : whole.withProvenance(ProvenanceJson.read(from));
    }

    private static JsonNode get(JsonNode json, String key, String expected, Predicate<JsonNode> valid) {
        JsonNode node = json.get(key);
        if (node == null) {
            throw new IllegalArgumentException("no key " + key + "; expected " + expected);
        }
        if (!valid.test(node)) {
            throw new IllegalArgumentException(key + " is " + describe(node) + "; expected " + expected);
        }
        return node;
    }

    private static boolean flag(JsonNode json, String key) {
        return get(json, key, "true or false", JsonNode::isBoolean).booleanValue();
    }

    private static double @Nullable [] tensor(JsonNode json, String key) {
        JsonNode array = get(json, key, "an array of numbers or null", node -> node.isArray() || node.isNull());
        if (array.isNull()) {
            return null;
        }
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = number(array.get(i), key + "[" + i + "]");
        }
        return values;
    }

    private static double number(JsonNode node, String name) {
        if (node.isNumber() && Double.isFinite(node.doubleValue())) {
            return node.doubleValue();
        }
        return switch (node.isTextual() ? node.textValue() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw new IllegalArgumentException(
                    name + " is " + (node.isNumber() ? "beyond the range of a double" : describe(node))
                            + "; expected a number, or one of the strings NaN, Infinity, -Infinity");
        };
    }

    static String describe(JsonNode node) {
        String text = node.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
