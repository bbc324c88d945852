package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether a run goes on is told by its process on its machine, and elsewhere by the clock of the store. */
final class SignOfLifeTest {
    private static final String NAME = "_batchnorm-00000000-0000-0000-0000-000000000000";
    private static final ProcessIdentity SELF = ProcessIdentity.current();

    @TempDir
    Path directory;

    private StagingFolder folder;
    private Path alive;

    @BeforeEach
    void makeFolder() throws IOException {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path("faulty:" + directory + "/" + NAME);
        folder = new StagingFolder(path, HadoopFiles.fileSystem(path, FaultyFileSystem.configuration()));
        alive = Files.createDirectory(directory.resolve(NAME)).resolve("alive");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void onItsMachineTheProcessTellsWhateverTheAge() throws Exception {
        write(SELF, Duration.ofDays(1));
        assertThat(SignOfLife.of(folder).life()).isEqualTo(SignOfLife.Life.LIVE);
        write(new ProcessIdentity(SELF.host(), SELF.pid(), "1", SELF.machine()), Duration.ZERO);
        assertThat(SignOfLife.of(folder).isDead())
                .as("another process has its number")
                .isTrue();
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        write(new ProcessIdentity(SELF.host(), process.pid(), SELF.start(), SELF.machine()), Duration.ZERO);
        assertThat(SignOfLife.of(folder).isDead()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0, LIVE", "50, LIVE", "70, DEAD", "-3600, LIVE"})
    void elsewhereTheAgeTellsByTheClockOfTheStore(long seconds, SignOfLife.Life life) throws IOException {
        for (long behind : new long[] {0, 3_600_000, -3_600_000}) {
            FaultyFileSystem.clockBehind(behind);
            write(new ProcessIdentity("elsewhere", 7, "1", "another machine"), Duration.ofSeconds(seconds));
            SignOfLife found = SignOfLife.of(folder);
            assertThat(found.life()).as("clock %d ms behind", behind).isEqualTo(life);
            if (life == SignOfLife.Life.LIVE) {
                assertThat(found.words()).startsWith("process 7 on host elsewhere, last sign of life at 2");
            }
            Files.writeString(alive, "{\"host\"");
            Files.setLastModifiedTime(alive, FileTime.from(Instant.now().minusSeconds(seconds)));
            assertThat(SignOfLife.of(folder).life()).as("being written").isEqualTo(life);
        }
        assertThat(directory.toFile().list()).containsExactly(NAME);
    }

    @Test
    void withoutASignTheJournalTellsThatTheRunGaveUp() throws IOException {
        assertThat(SignOfLife.of(folder).life()).isEqualTo(SignOfLife.Life.UNKNOWN);
        folder.write(StagingFolder.JOURNAL, new byte[0]);
        assertThat(SignOfLife.of(folder).isDead()).isTrue();
    }

    @Test
    void aHeartbeatEndsWhenItIsClosedAndMakesNoFolder() throws IOException {
        Heartbeat ended;
        try (Heartbeat heartbeat = Heartbeat.start(List.of(folder))) {
            ended = heartbeat;
            assertThat(SignOfLife.of(folder).life()).isEqualTo(SignOfLife.Life.LIVE);
            Files.delete(alive);
            heartbeat.beat();
            assertThat(alive).hasBinaryContent(SELF.content());
            Files.delete(alive);
            Files.delete(directory.resolve(NAME));
            heartbeat.beat();
            assertThat(directory).isEmptyDirectory();
            Files.createDirectory(directory.resolve(NAME));
        }
        ended.beat();
        assertThat(directory.resolve(NAME)).isEmptyDirectory();
    }

    private void write(ProcessIdentity process, Duration age) throws IOException {
        Files.writeString(alive, new String(process.content(), StandardCharsets.UTF_8));
        Files.setLastModifiedTime(alive, FileTime.from(Instant.now().minus(age)));
    }
}
