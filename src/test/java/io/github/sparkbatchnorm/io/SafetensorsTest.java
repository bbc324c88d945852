package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.concat;
import static io.github.sparkbatchnorm.io.FormatTesting.doubles;
import static io.github.sparkbatchnorm.io.FormatTesting.floats;
import static io.github.sparkbatchnorm.io.FormatTesting.safetensors;
import static io.github.sparkbatchnorm.io.FormatTesting.written;
import static io.github.sparkbatchnorm.io.StateFormat.SAFETENSORS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
    /** Two batch norms, the second not affine, in the order of their names, not of their data; and a tensor beside. */
    private static final String TWO =
            """
            {"__metadata__": {"format": "pt"},
             "a.bn.bias": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]},
             "a.bn.num_batches_tracked": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]},
             "a.bn.running_mean": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]},
             "a.bn.running_var": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
             "a.bn.weight": {"dtype": "F32", "shape": [2], "data_offsets": [32, 40]},
             "b.running_mean": {"dtype": "F64", "shape": [1], "data_offsets": [40, 48]},
             "b.running_var": {"dtype": "F64", "shape": [1], "data_offsets": [48, 56]},
             "conv.mask": {"dtype": "BOOL", "shape": [1, 3], "data_offsets": [56, 59]}}
            """;

    private static final byte[] TWO_DATA = concat(
            new byte[] {7, 0, 0, 0, 0, 0, 0, 0}, floats(1, 2, 3, 4, 5, 6, 7, 8), doubles(0.1, 0.2), new byte[] {1, 0, 1
            });

    @Test
    void theBytesAreThoseOfTheFormatsOwnLibrary() {
        BatchNormState state = BatchNormState.of(
                BatchNormConfig.DEFAULT,
                2,
                new double[] {1, 2},
                new double[] {3, 4},
                new double[] {5, 6},
                new double[] {7, 8},
                9);
        String header = "{\"l.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"l.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
                + "\"l.running_mean\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
                + "\"l.running_var\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
                + "\"l.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]}}";
        String padded = header + " ".repeat((8 - header.length() % 8) % 8);
        assertThat(padded.length()).isNotEqualTo(header.length());
        assertThat(written(SAFETENSORS, state, FormatOptions.DEFAULT.withPrefix("l")))
                .isEqualTo(safetensors(
                        padded, concat(new byte[] {9, 0, 0, 0, 0, 0, 0, 0}, floats(3, 4, 5, 6, 7, 8, 1, 2))));
    }

    @ParameterizedTest
    @EnumSource(names = {"SAFETENSORS", "NPZ"})
    void doublesComeBackWithTheirBits(StateFormat format) {
        for (boolean affine : new boolean[] {true, false}) {
            for (String prefix : List.of("", "layer1.0.bn1", "ü \"\\\n")) {
                BatchNormState state =
                        FormatTesting.randomState(5, new BatchNormConfig(1e-3, 0.25, affine, true), prefix.length());
                FormatOptions options = FormatOptions.DEFAULT
                        .withPrefix(prefix)
                        .withDtype(Dtype.FLOAT64)
                        .withEps(1e-3)
                        .withMomentum(0.25);
                byte[] file = written(format, state, options);
                assertThat(format.read(file, "f", options)).isEqualTo(state);
                assertThat(format.prefixes(file, "f")).containsExactly(prefix);
                assertThat(written(format, state, options)).isEqualTo(file);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SAFETENSORS", "NPZ"})
    void valuesThatAreNotFiniteComeBack(StateFormat format) {
        double[] some = {Double.NaN, Double.POSITIVE_INFINITY, -0.0, Float.MIN_VALUE};
        double[] any = {Double.NEGATIVE_INFINITY, 0.5, Double.NaN, Float.MAX_VALUE};
        BatchNormState state = BatchNormState.of(BatchNormConfig.DEFAULT, 4, any, any, any, some, Long.MAX_VALUE);
        for (Dtype dtype : Dtype.values()) {
            byte[] file = written(format, state, FormatOptions.DEFAULT.withDtype(dtype));
            assertThat(format.read(file, "f", FormatOptions.DEFAULT)).isEqualTo(state);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SAFETENSORS", "NPZ", "ONNX"})
    void theCallTellsWhatFloat32Rounds(StateFormat format) throws Exception {
        double[] exact = {1, 0.5};
        double[] not = {1, 0.1};
        BatchNormState state = BatchNormState.of(BatchNormConfig.DEFAULT, 2, exact, not, exact, not, 1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(format.write(state, out, FormatOptions.DEFAULT)).containsExactly("bias", "running_var");
        assertThat(format.write(state, out, FormatOptions.DEFAULT.withDtype(Dtype.FLOAT64)))
                .isEmpty();
        if (format != StateFormat.ONNX) {
            BatchNormState read =
                    format.read(written(format, state, FormatOptions.DEFAULT), "f", FormatOptions.DEFAULT);
            assertThat(read.bias()).containsExactly(1, 0.1f);
            assertThat(read.weight()).containsExactly(exact);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SAFETENSORS", "NPZ", "ONNX"})
    void whatFloat32CannotHoldIsAnError(StateFormat format) {
        double[] ones = {1, 1};
        BatchNormState state =
                BatchNormState.of(BatchNormConfig.DEFAULT, 2, ones, ones, ones, new double[] {1, 1e39}, 1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> format.write(state, out, FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("running_var[1] is 1.0E39, beyond the range of float32; expected float64 for this state");
        assertThat(out.size()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aStateWithoutRunningStatisticsIsAnError(StateFormat format) {
        BatchNormState none = BatchNormState.initial(2, BatchNormConfig.DEFAULT.withTrackRunningStats(false));
        assertThatThrownBy(() -> format.write(none, new ByteArrayOutputStream(), FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("the state has no running statistics; expected one that tracks");
    }

    @Test
    void eachLayerOfAModelIsReadByItsPrefix() {
        byte[] file = safetensors(TWO, TWO_DATA);
        assertThat(SAFETENSORS.prefixes(file, "f")).containsExactly("a.bn", "b");
        assertThat(SAFETENSORS.read(file, "f", FormatOptions.DEFAULT.withPrefix("a.bn")))
                .isEqualTo(BatchNormState.of(
                        BatchNormConfig.DEFAULT,
                        2,
                        new double[] {7, 8},
                        new double[] {1, 2},
                        new double[] {3, 4},
                        new double[] {5, 6},
                        7));
        BatchNormConfig average = new BatchNormConfig(0.5, null, false, true);
        assertThat(SAFETENSORS.read(
                        file,
                        "f",
                        FormatOptions.DEFAULT.withPrefix("b").withEps(0.5).withCumulativeAverage()))
                .isEqualTo(BatchNormState.of(average, 1, null, null, new double[] {0.1}, new double[] {0.2}, 0));
    }

    @Test
    void withoutAPrefixAndWithAWrongOneTheLayersAreListed() {
        byte[] file = safetensors(TWO, TWO_DATA);
        assertThatThrownBy(() -> SAFETENSORS.read(file, "m.safetensors", FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("m.safetensors: the batch norms in it are \"a.bn\", \"b\";"
                        + " give the prefix of the one that is meant");
        for (String prefix : List.of("c", "")) {
            String name = prefix.isEmpty() ? "running_mean" : "c.running_mean";
            assertThatThrownBy(() -> SAFETENSORS.read(file, "f", FormatOptions.DEFAULT.withPrefix(prefix)))
                    .hasMessage("f: no tensor \"" + name + "\"; the batch norms in it are \"a.bn\", \"b\"");
        }
        assertThatThrownBy(() -> SAFETENSORS.read(safetensors("{}", new byte[0]), "f", FormatOptions.DEFAULT))
                .hasMessage("f: no batch norm is in it (a running_mean and a running_var); it has no tensors");
    }

    @Test
    void halfPrecisionIsWidenedExactly() {
        short[] halves = {0x3c00, (short) 0xc000, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0x3555, 0x7e00};
        double[] expected = {1, -2, 0x1p-24, 1023 * 0x1p-24, 65504, Double.POSITIVE_INFINITY, 1365 * 0x1p-12, Double.NaN
        };
        assertThat(sixteenBits("F16", halves).runningMean()).containsExactly(expected);
        short[] brains = {0x3f80, (short) 0xc000, 0x0001, 0x7f80, 0x3eab, 0x7fc0};
        double[] wide = {1, -2, 0x1p-133, Double.POSITIVE_INFINITY, 171 * 0x1p-9, Double.NaN};
        assertThat(sixteenBits("BF16", brains).runningMean()).containsExactly(wide);
    }

    /** A state whose running mean is these, and its variance ones in float64. */
    private static BatchNormState sixteenBits(String dtype, short[] values) {
        byte[] bytes = new byte[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[2 * i] = (byte) values[i];
            bytes[2 * i + 1] = (byte) (values[i] >> 8);
        }
        double[] ones = new double[values.length];
        Arrays.fill(ones, 1);
        String header = String.format(
                "{\"running_mean\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                        + "\"running_var\":{\"dtype\":\"F64\",\"shape\":[%d],\"data_offsets\":[%d,%d]}}",
                dtype, values.length, 2 * values.length, values.length, 2 * values.length, 10 * values.length);
        return SAFETENSORS.read(safetensors(header, concat(bytes, doubles(ones))), "f", FormatOptions.DEFAULT);
    }

    static Stream<Arguments> misfits() {
        String shape = "; expected [2], as the running mean";
        return Stream.of(
                arguments("bn.weight", "bn.scale", "of \"a.bn.weight\" and \"a.bn.bias\" only one is there;"),
                arguments(
                        "bn.running_var", "bn.var", "no tensor \"a.bn.running_var\"; the batch norms in it are \"b\""),
                arguments(
                        "[2], \"data_offsets\": [8, ",
                        "[1, 2], \"data_offsets\": [8, ",
                        "\"a.bn.bias\" has the shape [1, 2]" + shape),
                arguments(
                        "[2], \"data_offsets\": [8, ",
                        "[3], \"data_offsets\": [8, ",
                        "\"a.bn.bias\" has the shape [3] of F32, but 8 bytes;"),
                arguments(
                        "[2], \"data_offsets\": [16, ",
                        "[], \"data_offsets\": [16, ",
                        "\"a.bn.running_mean\" has the shape [] of F32, but 8 bytes;"),
                arguments(
                        "[2], \"data_offsets\": [16, ",
                        "[9223372036854775807], \"data_offsets\": [16, ",
                        "\"a.bn.running_mean\" has the shape [9223372036854775807] of F32, but"),
                arguments(
                        "[2], \"data_offsets\": [16, ",
                        "[4611686018427387906], \"data_offsets\": [16, ",
                        "\"a.bn.running_mean\" has the shape [4611686018427387906] of F32, but"),
                arguments(
                        "\"F32\", \"shape\": [2], \"data_offsets\": [8, ",
                        "\"U32\", \"shape\": [2], \"data_offsets\": [8, ",
                        "\"a.bn.bias\" has the dtype \"U32\"; expected one of [F16, BF16, F32, F64, I32, I64]"),
                arguments(
                        "\"F32\", \"shape\": [2], \"data_offsets\": [8, ",
                        "\"I32\", \"shape\": [2], \"data_offsets\": [8, ",
                        "\"a.bn.bias\" has the type I32; expected floating-point numbers"),
                arguments(
                        "\"I64\"",
                        "\"F64\"",
                        "\"a.bn.num_batches_tracked\" has the type F64; expected I64, a whole number"),
                arguments("[], ", "[1], ", "\"a.bn.num_batches_tracked\" has the shape [1]; expected []"),
                arguments(
                        "[0, 8]",
                        "[8, 0]",
                        "\"a.bn.num_batches_tracked\" has the data_offsets 8 and 0; expected it to begin at 0"),
                arguments(
                        "[8, 16]",
                        "[9, 16]",
                        "\"a.bn.bias\" has the data_offsets 9 and 16; expected it to begin at 8, where"),
                arguments(
                        "[8, 16]",
                        "[0, 16]",
                        "\"a.bn.bias\" has the data_offsets 0 and 16; expected it to begin at 8, where"),
                arguments(
                        "[16, 24]",
                        "[16, 15]",
                        "\"a.bn.running_mean\" has the data_offsets 16 and 15; expected it to begin at 16, where"),
                arguments("[56, 59]", "[56, 60]", "the tensors end at byte 60 of the data, which has 59 bytes;"),
                arguments(
                        "[56, 59]",
                        "[56, 9223372036854775807]",
                        "the tensors end at byte 9223372036854775807 of the data, which has 59 bytes;"),
                arguments(
                        "[56, 59]",
                        "[56, 9223372036854775808]",
                        "data_offsets of \"conv.mask\" has \"9223372036854775808\" at index 1; expected an array of"),
                arguments(
                        "[56, 59]",
                        "[-1, 59]",
                        "data_offsets of \"conv.mask\" has \"-1\" at index 0; expected an array of at most 64 whole"),
                arguments(
                        "[56, 59]",
                        "[56, 59.0]",
                        "data_offsets of \"conv.mask\" has \"59.0\" at index 1; expected an array of at most 64 whole"),
                arguments("[56, 59]", "[56]", "data_offsets of \"conv.mask\" has 1 numbers; expected 2"),
                arguments(
                        "[56, 59]",
                        "56",
                        "data_offsets of \"conv.mask\" is \"56\"; expected an array of at most 64 whole"),
                arguments(
                        "[1, 3]",
                        "[" + "1, ".repeat(64) + "3]",
                        "shape of \"conv.mask\" has \"3\" at index 64; expected an array of at most 64 whole"),
                arguments(
                        "[1, 3]",
                        "[[1], 3]",
                        "shape of \"conv.mask\" has \"[\" at index 0; expected an array of at most 64 whole"),
                arguments("\"BOOL\"", "1", "dtype of \"conv.mask\" is \"1\"; expected a text"),
                arguments(
                        "\"dtype\": \"BOOL\"",
                        "\"type\": {\"a\": [1]}",
                        "\"conv.mask\" does not have all of its keys; expected dtype,"),
                arguments(
                        "\"conv.mask\": {",
                        "\"conv.mask\": 1, \"more\": {",
                        "\"conv.mask\" is \"1\"; expected an object"),
                arguments(
                        "conv.mask",
                        "b.running_var",
                        "the header is no JSON: Duplicate field 'b.running_var'; expected a whole"),
                arguments(
                        "{\"format\": \"pt\"}",
                        "{\"format\": 1}",
                        "__metadata__ is \"1\"; expected an object of texts"),
                arguments("{\"format\": \"pt\"}", "[]", "__metadata__ is \"[\"; expected an object of texts"),
                arguments("[56, 59]}}", "[56, 59]}} {}", "something follows the object of the header; expected spaces"),
                arguments("[56, 59]}}", "[56, 59]}", "the header is no JSON: Unexpected end-of-input"),
                arguments(
                        "{\"__metadata__\"",
                        " {\"__metadata__\"",
                        "the header does not begin with {; expected a safetensors file"));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void whatDoesNotFitIsNamedInOneLine(String part, String instead, String start) {
        assertThat(TWO).contains(part);
        byte[] file = safetensors(TWO.replace(part, instead), TWO_DATA);
        assertThatThrownBy(() -> SAFETENSORS.read(file, "f", FormatOptions.DEFAULT.withPrefix("a.bn")))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("f: " + start)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @Test
    void valuesThatNoStateHasAreNamedWithTheirLayer() {
        byte[] data = TWO_DATA.clone();
        data[31] |= (byte) 0x80; // the sign of a.bn.running_var[1]
        assertThatThrownBy(
                        () -> SAFETENSORS.read(safetensors(TWO, data), "f", FormatOptions.DEFAULT.withPrefix("a.bn")))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: in \"a.bn\" running_var[1] is -6.0; expected 0 or more");
        byte[] counter = TWO_DATA.clone();
        counter[7] = (byte) 0x80;
        assertThatThrownBy(() ->
                        SAFETENSORS.read(safetensors(TWO, counter), "f", FormatOptions.DEFAULT.withPrefix("a.bn")))
                .hasMessage("f: in \"a.bn\" num_batches_tracked is -9223372036854775801; expected 0 or more");
    }

    @Test
    void aHeaderThatTheFileDoesNotHaveIsAnError() {
        byte[] file = safetensors(TWO, TWO_DATA);
        for (int i = 0; i < 8; i++) {
            byte[] longer = file.clone();
            longer[i] = (byte) 0xff;
            assertThatThrownBy(() -> SAFETENSORS.prefixes(longer, "f"))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageStartingWith("f: the header ");
        }
        assertThatThrownBy(() -> SAFETENSORS.prefixes(new byte[7], "f"))
                .hasMessage("f: a file of 7 bytes; expected a safetensors file, which begins with 8 for a length");
        byte[] large = new byte[8 + (16 << 20) + 1];
        large[0] = 1;
        large[3] = 1;
        assertThatThrownBy(() -> SAFETENSORS.prefixes(large, "f"))
                .hasMessage("f: the header has 16777217 bytes; expected at most 16777216 (16 MiB)");
    }

    @Test
    void onlyFormatsWithNamesHavePrefixes() {
        assertThatThrownBy(() -> StateFormat.ONNX.prefixes(new byte[0], "f"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("ONNX has no tensors with names; expected SAFETENSORS or NPZ");
        assertThatThrownBy(() -> StateFormat.ONNX.read(new byte[0], "f", FormatOptions.DEFAULT))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void optionsOutOfRangeAreErrors() {
        assertThatThrownBy(() -> FormatOptions.DEFAULT.withEps(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FormatOptions.DEFAULT.withMomentum(2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FormatOptions.DEFAULT.withSpatialAxes(4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FormatOptions.DEFAULT.withSampleCount(-1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
