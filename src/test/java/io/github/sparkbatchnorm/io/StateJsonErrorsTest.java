package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.StateJsonTest.GOOD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a reader of state files says of files that it cannot read. */
class StateJsonErrorsTest {
    static List<Arguments> misfits() {
        String known = "format, version, num_features, eps, momentum, affine, track_running_stats, weight, bias, "
                + "running_mean, running_var, num_batches_tracked";
        String numbers = "expected a number, or one of the strings NaN, Infinity, -Infinity";
        return List.of(
                arguments(
                        "\"format\": \"spark-batchnorm-state\",",
                        "",
                        "no key format; expected \"spark-batchnorm-state\""),
                arguments("spark-batchnorm-state", "a\\nb", "format is \"a\\nb\"; expected \"spark-batchnorm-state\""),
                arguments("\"spark-batchnorm-state\"", "1", "format is 1; expected \"spark-batchnorm-state\""),
                arguments(
                        "version\": 1,",
                        "version\": 3,",
                        "version is 3; expected 1 or 2, the only ones known: a newer spark-batchnorm may read it"),
                arguments(
                        "version\": 1,",
                        "version\": 18446744073709551617,",
                        "version is 18446744073709551617; expected 1 or 2, the only ones known: a newer spark-batchnorm may read it"),
                arguments("version\": 1,", "version\": \"1\",", "version is \"1\"; expected a whole number"),
                arguments("\"version\": 1,", "", "no key version; expected a whole number"),
                arguments("{", "{\"epsilon\\n\": 1,", "unknown key \"epsilon\\n\"; the known ones are " + known),
                arguments("num_features\": 2", "num_features\": 0", "num_features is 0; expected 1 or more"),
                arguments("num_features\": 2", "num_features\": 2.0", "num_features is 2.0; expected a whole number"),
                arguments(
                        "num_features\": 2",
                        "num_features\": 3000000000",
                        "num_features is 3000000000; expected a whole number"),
                arguments(
                        "num_features\": 2",
                        "num_features\": 3",
                        "weight has 2 values; expected 3, as num_features says"),
                arguments("\"num_features\": 2,", "", "no key num_features; expected a whole number"),
                arguments("1e-5", "-1e-5", "eps is -1.0E-5; expected a finite number, 0 or more"),
                arguments("1e-5", "1e999", "eps is Infinity; expected a finite number, 0 or more"),
                arguments("1e-5", "\"NaN\"", "eps is \"NaN\"; expected a number"),
                arguments("1e-5", "null", "eps is null; expected a number"),
                arguments(
                        "0.1",
                        "1.5",
                        "momentum is 1.5; expected a number from 0 to 1, or none for the cumulative average"),
                arguments("0.1", "\"none\"", "momentum is \"none\"; expected a number or null"),
                arguments("\"momentum\": 0.1,", "", "no key momentum; expected a number or null"),
                arguments("affine\": true", "affine\": 1", "affine is 1; expected true or false"),
                arguments(
                        "affine\": true",
                        "affine\": false",
                        "weight is present, but affine is false; expected it to be absent"),
                arguments("stats\": true", "stats\": null", "track_running_stats is null; expected true or false"),
                arguments("[1, 2.5]", "null", "weight is absent, but affine is true; expected it to be present"),
                arguments("[0, -1]", "null", "bias is absent, but affine is true; expected it to be present"),
                arguments("[1, 2.5]", "[1]", "weight has 1 values; expected 2, as num_features says"),
                arguments("[1, 2.5]", "2.5", "weight is 2.5; expected an array of numbers or null"),
                arguments("[1, 2.5]", "[1, \"nan\"]", "weight[1] is \"nan\"; " + numbers),
                arguments("[1, 2.5]", "[1, null]", "weight[1] is null; " + numbers),
                arguments("[1, 2.5]", "[1, [2]]", "weight[1] is [2]; " + numbers),
                arguments("[1, 2.5]", "[1, 1e999]", "weight[1] is beyond the range of a double; " + numbers),
                arguments("\"bias\": [0, -1],", "", "no key bias; expected an array of numbers or null"),
                arguments(
                        "[3, 4]",
                        "null",
                        "running_mean is absent, but track_running_stats is true; expected it to be present"),
                arguments(
                        "[5, 6]",
                        "null",
                        "running_var is absent, but running_mean is present; expected it to be present"),
                arguments("[3, 4]", "[3, 4, 5]", "running_mean has 3 values; expected 2, as num_features says"),
                arguments("[5, 6]", "[5]", "running_var has 1 values; expected 2, as num_features says"),
                arguments("[5, 6]", "[5, -1e-9]", "running_var[1] is -1.0E-9; expected 0 or more"),
                arguments("[5, 6]", "[5, \"-Infinity\"]", "running_var[1] is -Infinity; expected 0 or more"),
                arguments("tracked\": 7", "tracked\": -1", "num_batches_tracked is -1; expected 0 or more"),
                arguments("tracked\": 7", "tracked\": 7.5", "num_batches_tracked is 7.5; expected a whole number"),
                arguments("tracked\": 7", "tracked\": null", "num_batches_tracked is null; expected a whole number"),
                arguments(
                        "tracked\": 7}",
                        "tracked\": 7} {}",
                        "something follows the object, at line 3, column 74; expected its end"));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void whatDoesNotFitIsNamedInOneLine(String part, String instead, String message) {
        assertThat(GOOD).contains(part);
        assertThatThrownBy(() -> StateJson.read(GOOD.replace(part, instead), "hdfs://a/state.json"))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("hdfs://a/state.json: " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    format              | "spark-batchnorm-state"
                    version             | a whole number
                    num_features        | a whole number
                    eps                 | a number
                    momentum            | a number or null
                    affine              | true or false
                    track_running_stats | true or false
                    weight              | an array of numbers or null
                    bias                | an array of numbers or null
                    running_mean        | an array of numbers or null
                    running_var         | an array of numbers or null
                    num_batches_tracked | a whole number
                    """,
            quoteCharacter = '\'')
    void eachKeyMustBeThereWithItsType(String key, String expected) throws IOException {
        ObjectNode json = (ObjectNode) new ObjectMapper().readTree(GOOD);
        json.putObject(key);
        assertThatThrownBy(() -> StateJson.read(json.toString(), "f"))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: " + key + " is {}; expected " + expected);
        json.remove(key);
        assertThatThrownBy(() -> StateJson.read(json.toString(), "f"))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: no key " + key + "; expected " + expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "running_mean_low | [1, 0]            | running_mean_low[0] is 1.0; expected at most 2.220446049250313E-16, half an ulp of running_mean",
                "running_mean_low | [0]               | running_mean_low has 1 values; expected 2, as num_features says",
                "running_mean_low | 3                 | running_mean_low is 3; expected an array of numbers or null",
                "running_mean_low | [0, \"NaN\"]      | running_mean_low[1] is NaN; expected at most 4.440892098500626E-16, half an ulp of running_mean",
                "provenance       | 3                 | provenance is 3; expected an object or null",
                "provenance       | {}                | provenance.count is null; expected an array of whole numbers",
                "provenance       | {\"count\": [1]}   | provenance.input is null; expected an array of texts",
                "provenance       | {\"count\": [1, -1]} | provenance.count[1] is -1; expected a whole number, 0 or more",
                "provenance       | {\"count\": [1], \"input\": []} | provenance.count has 1 values; expected 2, as num_features says",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"columns\": [\"a\"]} | provenance.columns has 1 values; expected 2, as num_features says",
                "provenance       | {\"count\": [1, 1], \"input\": [3]} | provenance.input[0] is 3; expected a text",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"rows\": 1.5} | provenance.rows is 1.5; expected a whole number, 0 or more, or null",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"dtype\": \"int8\"} | provenance.dtype is \"int8\"; expected float32 or float64, or null",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"layout\": \"last\"} | provenance.layout is \"last\"; expected channels-first or channels-last, or null",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"shape\": [2]} | provenance.shape is [2]; expected null, as layout is",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"layout\": \"channels-last\", \"shape\": [0]} | provenance.shape [0] has an axis of size 0; expected 1 or more",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"layout\": \"channels-last\", \"shape\": [2, 3]} | provenance.shape is [2, 3] with 3 channels; expected 2, as num_features says",
                "provenance       | {\"count\": [1, 1], \"input\": [], \"layout\": \"channels-last\", \"shape\": [\"2\"]} | provenance.shape[0] is \"2\"; expected a whole number",
            })
    void theKeysOfVersion2AreChecked(String key, String value, String message) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = (ObjectNode) mapper.readTree(GOOD);
        json.put("version", 2);
        json.putNull("running_mean_low");
        json.putNull("provenance");
        assertThat(StateJson.read(json.toString(), "f")).isEqualTo(StateJson.read(GOOD, "f"));
        json.set(key, mapper.readTree(value));
        assertThatThrownBy(() -> StateJson.read(json.toString(), "f"))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: " + message);
        json.put("version", 1);
        assertThatThrownBy(() -> StateJson.read(json.toString(), "f"))
                .hasMessageStartingWith("f: unknown key \"running_mean_low\"; the known ones are format");
    }

    @Test
    void withoutBuffersTheyAreAllAbsent() {
        String none = StateJson.write(BatchNormState.initial(1, new BatchNormConfig(0, 1.0, false, false)));
        String start = "f: num_batches_tracked is ";
        assertThatThrownBy(() -> StateJson.read(none.replace("tracked\": null", "tracked\": 3"), "f"))
                .hasMessage(start + "3; expected 0, since there are no running statistics");
        assertThatThrownBy(() -> StateJson.read(none.replace("tracked\": null", "tracked\": true"), "f"))
                .hasMessage(start + "true; expected null, since there are no running statistics");
        assertThatThrownBy(() -> StateJson.read(none.replace("var\": null", "var\": [1]"), "f"))
                .hasMessage("f: running_var is present, but running_mean is absent; expected it to be absent");
        assertThatThrownBy(() -> StateJson.read(none.replace("bias\": null", "bias\": [1]"), "f"))
                .hasMessage("f: bias is present, but affine is false; expected it to be absent");
    }

    @Test
    void longValuesAreCutInMessages() {
        assertThatThrownBy(() -> StateJson.read(GOOD.replace("0.1", "\"" + "x".repeat(999) + "\""), "f"))
                .hasMessage("f: momentum is \"" + "x".repeat(39) + "...; expected a number or null");
    }

    @Test
    void keyThatStandsTwiceIsNamed() {
        assertThatThrownBy(() -> StateJson.read("{\"eps\": 1,\n \"eps\": 2}", "f"))
                .hasMessage("f: not JSON at line 2, column 7: Duplicate field 'eps'; "
                        + "expected a state file of spark-batchnorm");
    }

    static List<Arguments> otherTexts() {
        return List.of(
                arguments("", "it is empty; expected a state file of spark-batchnorm"),
                arguments(" \n", "it is empty; expected a state file of spark-batchnorm"),
                arguments("[1, 2]", "the JSON is [1,2]; expected an object with the keys format, version, "),
                arguments("null", "the JSON is null; expected an object with the keys format, version, "),
                arguments("{}", "no key format; expected \"spark-batchnorm-state\""),
                arguments("PK\u0003\u0004", "not JSON at line 1, column "),
                arguments("{\"format\": 1,\n \"format\": 2}", "not JSON at line 2, column "),
                arguments(
                        "{\"eps\": NaN}",
                        "not JSON at line 1, column 12: Non-standard token 'NaN'; expected a state file"),
                arguments(GOOD.substring(0, 100), "not JSON at line 2, column "),
                arguments(GOOD + "}", "not JSON at line "),
                arguments("[".repeat(5000), "not JSON: Document nesting depth "));
    }

    @ParameterizedTest
    @MethodSource("otherTexts")
    void textThatIsNoStateIsToldInOneLine(String text, String start) {
        assertThatThrownBy(() -> StateJson.read(text, "f"))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("f: " + start)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }
}
