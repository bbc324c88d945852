package io.github.sparkbatchnorm.jobs.state;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** JSON arrays of numbers, of which those that are not finite are the strings NaN, Infinity and -Infinity. */
final class NumbersJson {
    private static final int SHOWN = 40;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private NumbersJson() {}

    /**
     * Reads the numbers of an option's file.
     *
     * @param channels how many there have to be
     * @throws BatchNormException if the file is not an array of that many numbers
     */
    static double[] read(String option, String file, int channels, Configuration hadoop) {
        StateFileCommand.checkPath(option, file);
        String source = option + " " + file;
        JsonNode array = StateFileCommand.reading(source, () -> parse(source, file, hadoop));
        if (!array.isArray()) {
            throw new BatchNormException(source + " is " + describe(array) + "; expected an array of numbers");
        }
        if (array.size() != channels) {
            throw new BatchNormException(source + " has " + array.size() + " values; expected " + channels
                    + ", as num_features of the state says");
        }
        double[] values = new double[channels];
        for (int c = 0; c < channels; c++) {
            values[c] = number(array.get(c), source + ": [" + c + "]");
        }
        return values;
    }

    private static JsonNode parse(String source, String file, Configuration hadoop) throws IOException {
        Path path = new Path(file);
        try (InputStream in = HadoopFiles.fileSystem(path, hadoop).open(path)) {
            return MAPPER.readTree(in);
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new BatchNormException(source + " is not JSON: " + what + "; expected an array of numbers", e);
        }
    }

    private static double number(JsonNode node, String name) {
        if (node.isNumber() && Double.isFinite(node.doubleValue())) {
            return node.doubleValue();
        }
        return switch (node.isTextual() ? node.textValue() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw new BatchNormException(
                    name + " is " + (node.isNumber() ? "beyond the range of a double" : describe(node))
                            + "; expected a number, or one of the strings NaN, Infinity, -Infinity");
        };
    }

    private static String describe(JsonNode node) {
        String text = node.isMissingNode() ? "empty" : node.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }

    /** Writes the factors and constants of a transform. */
    static void write(ChannelTransform transform, OutputStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            write("scale", transform.scale(), json);
            write("shift", transform.shift(), json);
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    private static void write(String name, double[] values, JsonGenerator json) throws IOException {
        json.writeFieldName(name);
        json.writeArray(values, 0, values.length);
    }
}
