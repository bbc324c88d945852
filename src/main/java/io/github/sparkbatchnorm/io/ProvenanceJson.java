package io.github.sparkbatchnorm.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The provenance in a state file. Keys that are not known are ignored. */
final class ProvenanceJson {
    private static final String NAME = "provenance.";

    private ProvenanceJson() {}

    static JsonNode write(Provenance from) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("rows", from.rows());
        ArrayNode count = json.putArray("count");
        for (long n : from.count()) {
            count.add(n);
        }
        json.put("digest", from.digest());
        json.set("columns", texts(from.columns()));
        SampleShape shape = from.shape();
        if (shape == null) {
            json.putNull("shape");
        } else {
            ArrayNode dims = json.putArray("shape");
            Arrays.stream(shape.dims()).forEach(dims::add);
        }
        json.put("layout", from.layout() == null ? null : from.layout().toString());
        json.put("dtype", from.dtype() == null ? null : word(from.dtype()));
        json.set("input", texts(from.input()));
        json.put("where", from.where());
        json.put("library", from.library());
        json.put("spark", from.spark());
        return json;
    }

    private static JsonNode texts(@Nullable List<String> texts) {
        if (texts == null) {
            return JsonNodeFactory.instance.nullNode();
        }
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    private static String word(Dtype dtype) {
        return dtype.name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the key that is wrong */
    static Provenance read(JsonNode json) {
        JsonNode rows = get(json, "rows");
        if (!rows.isNull() && !isCount(rows)) {
            throw wrong("rows", rows, "a whole number, 0 or more, or null");
        }
        JsonNode count = get(json, "count");
        if (!count.isArray()) {
            throw wrong("count", count, "an array of whole numbers");
        }
        long[] counts = new long[count.size()];
        for (int c = 0; c < counts.length; c++) {
            if (!isCount(count.get(c))) {
                throw wrong("count[" + c + "]", count.get(c), "a whole number, 0 or more");
            }
            counts[c] = count.get(c).longValue();
        }
        Layout layout = oneOf(json, "layout", Layout.values(), Layout::toString);
        return new Provenance(
                rows.isNull() ? null : rows.longValue(),
                counts,
                text(json, "digest"),
                get(json, "columns").isNull() ? null : list(json, "columns"),
                shape(json, layout),
                layout,
                oneOf(json, "dtype", Dtype.values(), ProvenanceJson::word),
                list(json, "input"),
                text(json, "where"),
                text(json, "library"),
                text(json, "spark"));
    }

    private static boolean isCount(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0;
    }

    private static @Nullable SampleShape shape(JsonNode json, @Nullable Layout layout) {
        JsonNode shape = get(json, "shape");
        if (shape.isNull()) {
            return null;
        }
        if (!shape.isArray() || layout == null) {
            throw wrong("shape", shape, layout == null ? "null, as layout is" : "an array of whole numbers, or null");
        }
        int[] dims = new int[shape.size()];
        for (int i = 0; i < dims.length; i++) {
            if (!shape.get(i).isIntegralNumber() || !shape.get(i).canConvertToInt()) {
                throw wrong("shape[" + i + "]", shape.get(i), "a whole number");
            }
            dims[i] = shape.get(i).intValue();
        }
        try {
            return SampleShape.of(layout, dims);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(NAME + e.getMessage(), e);
        }
    }

    private static <E> @Nullable E oneOf(JsonNode json, String key, E[] values, Function<E, String> word) {
        String found = text(json, key);
        List<String> known = new ArrayList<>();
        for (E value : values) {
            if (word.apply(value).equals(found)) {
                return value;
            }
            known.add(word.apply(value));
        }
        if (found != null) {
            throw wrong(key, get(json, key), String.join(" or ", known) + ", or null");
        }
        return null;
    }

    private static @Nullable String text(JsonNode json, String key) {
        JsonNode node = get(json, key);
        if (!node.isNull() && !node.isTextual()) {
            throw wrong(key, node, "a text or null");
        }
        return node.textValue();
    }

    private static List<String> list(JsonNode json, String key) {
        JsonNode array = get(json, key);
        if (!array.isArray()) {
            throw wrong(key, array, "an array of texts");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode node : array) {
            if (!node.isTextual()) {
                throw wrong(key + "[" + texts.size() + "]", node, "a text");
            }
            texts.add(node.textValue());
        }
        return texts;
    }

    /** The value of a key; null in JSON where there is no such key. */
    private static JsonNode get(JsonNode json, String key) {
        JsonNode node = json.get(key);
        return node == null ? JsonNodeFactory.instance.nullNode() : node;
    }

    private static IllegalArgumentException wrong(String key, JsonNode found, String expected) {
        return new IllegalArgumentException(NAME + key + " is " + StateJson.describe(found) + "; expected " + expected);
    }
}
