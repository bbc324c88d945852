package io.github.sparkbatchnorm.jobs.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Preset;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code state export} and {@code state import}: there and back, and what they refuse. */
final class ExchangeCommandTest {
    private static final BatchNormState STATE = BatchNormState.of(
            BatchNormConfig.DEFAULT,
            2,
            new double[] {1.5, -2},
            new double[] {0.1, 3},
            new double[] {0.1, 1e3},
            new double[] {0.25, 7},
            9);

    @TempDir
    Path folder;

    @BeforeEach
    void writeStates() throws IOException {
        StateJson.write(STATE, folder.resolve("s.json"));
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(1);
        moments.add(0, 0.1);
        moments.add(0, 0.7);
        StateJson.write(
                Preset.SKLEARN.state(moments.snapshot().statistics(), true, true), folder.resolve("sklearn.json"));
    }

    private CommandRun run(String words) {
        return CommandRun.ofWords("state " + words.replace("DIR", folder.toString()));
    }

    private BatchNormState read(String name) throws IOException {
        return StateJson.read(folder.resolve(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"safetensors", "npz"})
    void aStateComesBackTheSame(String format) throws IOException {
        run("export DIR/s.json --format " + format + " --dtype float64 --prefix a.bn --out DIR/t")
                .succeeds();
        assertThat(run("import DIR/t --format " + format + " --list").succeeds().out())
                .isEqualTo("a.bn\n");
        run("import DIR/t --format " + format + " --out DIR/back.json").succeeds();
        assertThat(read("back.json")).isEqualTo(STATE);
        run("import DIR/t --format " + format
                        + " --prefix a.bn --eps 0.5 --momentum none --overwrite --out DIR/back.json")
                .succeeds();
        assertThat(read("back.json").config())
                .isEqualTo(BatchNormConfig.DEFAULT.withEps(0.5).withCumulativeAverage());
    }

    @Test
    void float32SaysWhatItRounds() throws IOException {
        CommandRun run = run("export DIR/s.json --format safetensors --out DIR/t");
        assertThat(run.exit()).isZero();
        assertThat(run.err())
                .isEqualTo("warning: float32 rounds bias, running_mean; --dtype float64 has the exact values\n");
        run("import DIR/t --format safetensors --out DIR/back.json").succeeds();
        assertThat(read("back.json").bias()).containsExactly((float) 0.1, 3);
    }

    @Test
    void scikitLearnsAttributesComeBackAndLoseTheLowPart() throws IOException {
        CommandRun run = run("export DIR/sklearn.json --format sklearn --out DIR/scaler.json");
        assertThat(run.exit()).isZero();
        assertThat(run.err())
                .isEqualTo("warning: the running means are rounded to one number each, as the format has them\n");
        run("import DIR/scaler.json --format sklearn --out DIR/back.json").succeeds();
        assertThat(read("back.json").runningMean())
                .isEqualTo(read("sklearn.json").runningMean());
        assertThat(read("back.json").runningVar())
                .isEqualTo(read("sklearn.json").runningVar());
    }

    @Test
    void aModelIsWrittenAndNotReplaced() throws IOException {
        run("export DIR/s.json --format onnx --dtype float64 --out DIR/m.onnx").succeeds();
        byte[] model = Files.readAllBytes(folder.resolve("m.onnx"));
        assertThat(model).hasSizeGreaterThan(100);
        run("export DIR/s.json --format onnx --out DIR/m.onnx").fails(ExitCode.FAILED, "m.onnx", "exists");
        assertThat(folder.resolve("m.onnx")).hasBinaryContent(model);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "2 | export DIR/s.json --format npz --out - | --out is -; give a file",
                "2 | export DIR/s.json --format onnx --prefix a --out DIR/n | --prefix stands before keys",
                "2 | export DIR/s.json --format sklearn --dtype float32 --out DIR/n | --dtype goes with the other formats",
                "2 | export DIR/s.json --format pickle --out DIR/n | expected safetensors, npz, sklearn, onnx, found 'pickle'",
                "2 | export DIR/s.json --out DIR/n | --format",
                "1 | export DIR/none.json --format npz --out DIR/n | none.json does not exist or is no file",
                "1 | export DIR/s.json --format sklearn --out DIR/n | eps",
                "2 | export DIR/s.json --format npz --overwrite --out DIR/s.json | is the state itself; give another file",
                "2 | import DIR/s.json --format onnx --out DIR/n | --format onnx is written, not read",
                "2 | import DIR/s.json --format npz | --out is missing",
                "2 | import DIR/s.json --format npz --list --out DIR/n | --list writes no state",
                "2 | import DIR/s.json --format sklearn --eps 1 --out DIR/n | sklearn says it all",
                "2 | import DIR/s.json --format npz --eps -1 --out DIR/n | --eps is -1.0; expected",
                "2 | import DIR/s.json --format npz --momentum x --out DIR/n | --momentum is 'x'; expected a number from 0 to 1, or none",
                "1 | import DIR/none --format npz --out DIR/n | none does not exist or is no file",
                "1 | import DIR/s.json --format npz --out DIR/n | s.json: ",
                "1 | import DIR/s.json --format safetensors --list | s.json: ",
            })
    void whatCannotBeDoneIsOneLineAndWritesNothing(int exit, String words, String message) {
        run(words).fails(exit, message);
        assertThat(folder.resolve("n")).doesNotExist();
    }
}
