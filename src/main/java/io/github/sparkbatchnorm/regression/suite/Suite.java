package io.github.sparkbatchnorm.regression.suite;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A suite of checks: a JSON file, in which comments are allowed and unknown keys are an error.
 *
 * @param description what the suite is for
 * @param rows that cases take parts or multiples of
 * @param channels that cases take parts or multiples of
 * @param cases one or more
 */
public record Suite(String description, long rows, int channels, List<SuiteCase> cases) {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.ALLOW_COMMENTS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addHandler(new HyphenatedWords())
            .build();

    /** @throws IllegalArgumentException if there are no cases, two have one name, or a number is below 1 */
    public Suite(@Nullable String description, long rows, int channels, @Nullable List<SuiteCase> cases) {
        if (cases == null || cases.isEmpty()) {
            throw new IllegalArgumentException("there are no cases; expected one or more");
        }
        if (rows < 1 || channels < 1) {
            throw new IllegalArgumentException(
                    "rows is " + rows + " and channels " + channels + "; expected 1 or more of both");
        }
        Set<String> names = new HashSet<>();
        for (SuiteCase each : cases) {
            if (!names.add(each.name())) {
                throw new IllegalArgumentException(
                        "two cases have the name " + each.name() + "; expected different ones");
            }
        }
        this.description = description == null ? "" : description;
        this.rows = rows;
        this.channels = channels;
        this.cases = List.copyOf(cases);
    }

    /**
     * {@return the suite in a text}
     *
     * @param json the text
     * @param source where it is from, for messages
     * @throws BatchNormException naming the line and what was expected, if it is no suite
     */
    public static Suite read(String json, String source) {
        try {
            return MAPPER.readValue(json, Suite.class);
        } catch (UnrecognizedPropertyException e) {
            Set<String> known = new TreeSet<>();
            e.getKnownPropertyIds().forEach(key -> known.add(key.toString()));
            throw new BatchNormException(
                    source + place(e) + ": unknown key " + e.getPropertyName() + "; expected some of "
                            + String.join(", ", known),
                    e);
        } catch (JacksonException e) {
            Throwable own = e.getCause() instanceof IllegalArgumentException cause ? cause : null;
            String reason = own == null ? e.getOriginalMessage() : own.getMessage();
            throw new BatchNormException(source + place(e) + ": " + reason, e);
        }
    }

    private static String place(JacksonException e) {
        JsonLocation location = e.getLocation();
        return location == null ? "" : ", line " + location.getLineNr();
    }
}
