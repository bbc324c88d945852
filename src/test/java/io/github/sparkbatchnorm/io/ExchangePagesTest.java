package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.written;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java code of the pages about other frameworks does what they say, and is the code of {@link ExchangeProgram}. */
class ExchangePagesTest {
    private static final FormatOptions FLOAT64 = FormatOptions.DEFAULT.withDtype(Dtype.FLOAT64);

    @TempDir
    Path folder;

    @Test
    void theProgramReadsAndWritesTheFilesOfThePages() throws Exception {
        BatchNormState model = FormatTesting.randomState(4, BatchNormConfig.DEFAULT, 1);
        BatchNormState fitted = FormatTesting.randomState(4, BatchNormConfig.DEFAULT, 2);
        BatchNormState keras = FormatTesting.randomState(3, new BatchNormConfig(1e-3, 0.01, true, true), 3);
        BatchNormState statistics = FormatTesting.randomState(3, new BatchNormConfig(1e-5, null, false, true), 4);
        Files.write(
                folder.resolve("model.safetensors"),
                written(StateFormat.SAFETENSORS, model, FLOAT64.withPrefix("layer1.bn")));
        StateJson.write(fitted, folder.resolve("fitted.json"));
        Files.write(folder.resolve("bn.npz"), written(StateFormat.NPZ, keras, FLOAT64));
        StateJson.write(statistics, folder.resolve("bn1.json"));

        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ExchangeProgram.class.getName())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).as(printed).isZero();

        assertThat(StateJson.read(folder.resolve("bn.json"))).isEqualTo(model);
        assertThat(StateJson.read(folder.resolve("keras.json"))).isEqualTo(keras);
        assertThat(Files.readAllBytes(folder.resolve("fitted.safetensors")))
                .isEqualTo(written(StateFormat.SAFETENSORS, fitted, FormatOptions.DEFAULT.withPrefix("layer1.bn")));
        assertThat(Files.readAllBytes(folder.resolve("bn1.safetensors")))
                .isEqualTo(written(StateFormat.SAFETENSORS, statistics, FormatOptions.DEFAULT));
    }

    @Test
    void thePagesShowTheProgram() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/github/sparkbatchnorm/io/ExchangeProgram.java"));
        List<String> parts = List.of(source.split("// page\n", -1));
        List<String> code = IntStream.range(0, parts.size())
                .filter(i -> i % 2 == 1)
                .mapToObj(i -> parts.get(i).stripIndent().strip())
                .toList();
        assertThat(code).hasSize(4);
        String exchange = Files.readString(Path.of("src/site/markdown/exchange.md"));
        assertThat(code.subList(0, 3))
                .allSatisfy(part -> assertThat(exchange).contains("```java\n" + part + "\n```\n"));
        // In a list.
        String averaging = Files.readString(Path.of("src/site/markdown/weight-averaging.md"));
        assertThat(averaging).contains(("```java\n" + code.get(3) + "\n```\n").indent(4));
    }
}
