package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** JSON on standard output stands alone there. */
final class StandardOutputTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    @Test
    void jsonOnStandardOutputIsAloneThere() throws IOException {
        String words = "stats --input " + WINE + " --columns alcohol,ash";
        run(words + " --json DIR/s.json");
        CommandRun alone = CommandRun.ofWords(words + " --json -");
        assertThat(alone.exit()).isZero();
        assertThat(alone.out()).isEqualTo(Files.readString(directory.resolve("s.json")));
        assertThat(alone.err())
                .contains(" alcohol | ", "digest: sha256:", "rows: 178", "time: ")
                .doesNotContain("json:");
        assertThat(directory.toFile().list()).containsExactly("s.json");
        CommandRun.ofWords(words + " --json - --expect-digest sha256:" + "0".repeat(64))
                .fails(ExitCode.FAILED, "digest");
    }

    @Test
    void gradientsOnStandardOutputAreAloneThere() throws IOException {
        String words = "backward --mode train --input " + WINE + " --columns alcohol --grad-columns ash --output DIR/";
        run(words + "one --gradients DIR/g.json");
        CommandRun alone = CommandRun.ofWords((words + "two --gradients -").replace("DIR", directory.toString()));
        assertThat(alone.exit()).isZero();
        assertThat(alone.out()).isEqualTo(Files.readString(directory.resolve("g.json")));
        assertThat(alone.err()).contains("rows: 178", "output: " + directory + "/two (csv)");
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("one", "two", "g.json");
    }

    @Test
    void aStandardOutputThatTakesNothingIsAnError() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        int exit = Main.run(
                ("stats --json - --columns alcohol --input " + WINE).split(" "),
                new PrintStream(full),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(exit).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8).lines().filter(line -> line.startsWith("error: ")))
                .containsExactly("error: --json - cannot be written: standard output is closed or full; nothing was"
                        + " changed");
    }
}
