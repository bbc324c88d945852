package io.github.sparkbatchnorm.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The header of a safetensors file: an object with an entry for each tensor, and perhaps one for metadata. */
final class SafetensorsHeader {
    private static final String METADATA = "__metadata__";
    private static final int MAX_RANK = 64;

    // The names of a file are no names of the program: none is kept when the file has been read.
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /**
     * What a header says of a tensor.
     *
     * @param dtype any text
     * @param shape each 0 or more
     * @param begin offset within the data, 0 or more, like end
     */
    record Entry(String dtype, long[] shape, long begin, long end) {
        static final Comparator<Entry> BY_OFFSETS =
                Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end);
    }

    private SafetensorsHeader() {}

    /** @throws IllegalArgumentException if the text is no such object */
    static Map<String, Entry> parse(String text) {
        if (!text.startsWith("{")) {
            throw new IllegalArgumentException("the header does not begin with {; expected a safetensors file");
        }
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            Map<String, Entry> entries = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                if (name.equals(METADATA)) {
                    skipMetadata(json);
                } else {
                    entries.put(name, entry(json, name));
                }
            }
            if (json.nextToken() != null) {
                throw new IllegalArgumentException("something follows the object of the header; expected spaces");
            }
            return entries;
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("").replaceFirst(": enable `.*", "");
            throw new IllegalArgumentException(
                    "the header is no JSON: " + what + "; expected a whole safetensors file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no stream
        }
    }

    private static void skipMetadata(JsonParser json) throws IOException {
        expect(json, JsonToken.START_OBJECT, METADATA, "an object of texts");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            json.nextToken();
            expect(json, JsonToken.VALUE_STRING, METADATA, "an object of texts");
        }
    }

    private static Entry entry(JsonParser json, String name) throws IOException {
        expect(json, JsonToken.START_OBJECT, Quoted.text(name), "an object");
        @Nullable String dtype = null;
        long @Nullable [] shape = null;
        long @Nullable [] offsets = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            json.nextToken();
            switch (key) {
                case "dtype" -> {
                    expect(json, JsonToken.VALUE_STRING, "dtype of " + Quoted.text(name), "a text");
                    dtype = json.getText();
                }
                case "shape" -> shape = sizes(json, "shape of " + Quoted.text(name));
                case "data_offsets" -> offsets = sizes(json, "data_offsets of " + Quoted.text(name));
                default -> json.skipChildren(); // as the format's own library does
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            throw new IllegalArgumentException(
                    Quoted.text(name) + " does not have all of its keys; expected dtype, shape and data_offsets");
        }
        if (offsets.length != 2) {
            throw new IllegalArgumentException(
                    "data_offsets of " + Quoted.text(name) + " has " + offsets.length + " numbers; expected 2");
        }
        return new Entry(dtype, shape, offsets[0], offsets[1]);
    }

    private static long[] sizes(JsonParser json, String what) throws IOException {
        String expected = "an array of at most " + MAX_RANK + " whole numbers, 0 or more";
        expect(json, JsonToken.START_ARRAY, what, expected);
        long[] sizes = new long[MAX_RANK];
        int length = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            boolean fits = json.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                    && json.getLongValue() >= 0;
            if (!fits || length == MAX_RANK) {
                throw new IllegalArgumentException(what + " has " + Quoted.text(json.getText()) + " at index " + length
                        + "; expected " + expected);
            }
            sizes[length++] = json.getLongValue();
        }
        return Arrays.copyOf(sizes, length);
    }

    private static void expect(JsonParser json, JsonToken token, String what, String expected) throws IOException {
        if (json.currentToken() != token) {
            throw new IllegalArgumentException(what + " is " + Quoted.text(json.getText()) + "; expected " + expected);
        }
    }
}
