package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Outputs and states replace existing ones, the input included. */
final class ReplacementTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    @Test
    void inputAndOutputMayBeTheSame() {
        writeSample("in");
        run("normalize --mode train --input DIR/in --column x --output DIR/in --overwrite");
        assertThat(read("parquet", directory.resolve("in")).columns()).containsExactly("id", "x", "b", "x_normalized");
        CommandRun.ofWords("normalize --mode train --column x --input %s/in --output %s/in --overwrite"
                        .replace("%s", directory + ""))
                .fails(ExitCode.USAGE, "has a column x_normalized already");
        run("normalize --mode train --input DIR/in --column x --output-column again --output DIR/in --overwrite");
        assertThat(read("parquet", directory.resolve("in")).columns()).endsWith("x_normalized", "again");
    }

    @Test
    void aStateMayReplaceTheOneItGoesOnFrom() throws IOException {
        writeSample("in");
        run("fit --input DIR/in --column x --state-out DIR/state.json");
        run("fit --input DIR/in --column x --state-in DIR/state.json --state-out DIR/./state.json");
        run("normalize --mode train --input DIR/in --column x --state-in DIR/state.json --state-out DIR/state.json"
                + " --output DIR/out");
        assertThat(state("state.json").numBatchesTracked()).isEqualTo(3);
        run("fit --no-track --input DIR/in --column x --state-in DIR/state.json --state-out DIR/same.json");
        assertThat(directory.resolve("same.json")).hasSameTextualContentAs(directory.resolve("state.json"));
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("in", "out", "state.json", "same.json");
    }

    @Test
    void outputsBehindLinksAreReplaced() throws IOException {
        writeSample("in");
        run("normalize --mode train --input DIR/in --column x --output DIR/real-out --state-out DIR/real.json");
        Path state = Files.createSymbolicLink(directory.resolve("state.json"), Path.of("real.json"));
        Path output = Files.createSymbolicLink(directory.resolve("out"), Path.of("real-out"));
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rw-------"));
        CommandRun.ofWords("fit --input %s/in --column x --state-out %s/state.json".replace("%s", directory + ""))
                .fails(ExitCode.FAILED, "--state-out file:" + directory + "/real.json exists");
        run("normalize --mode train --input DIR/in --column x --batch-column b --output DIR/out"
                + " --state-in DIR/real.json --state-out DIR/state.json --overwrite");
        assertThat(List.of(state, output)).allMatch(Files::isSymbolicLink);
        assertThat(state("real.json").numBatchesTracked()).isEqualTo(4);
        assertThat(Files.getPosixFilePermissions(directory.resolve("real.json")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        run("fit --input DIR/in --column x --state-in DIR/real.json --state-out DIR/state.json");
        assertThat(directory.toFile().list())
                .containsExactlyInAnyOrder("in", "out", "real-out", "state.json", "real.json");
    }
}
