package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.StateJsonTest.GOOD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State files on the local file system: what is read, what is written, and what stays where that fails. */
class StateFileTest {
    private static final BatchNormState STATE = StateJson.read(GOOD, "f");

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("state.json");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static BatchNormState large(double mean) {
        double[] means = new double[2000];
        Arrays.fill(means, mean);
        double[] ones = new double[means.length];
        Arrays.fill(ones, 1);
        return BatchNormState.of(BatchNormConfig.DEFAULT, means.length, ones, ones, means, ones, 1);
    }

    @Test
    void writtenFileIsReadBack() throws IOException {
        StateJson.write(STATE, file);
        assertThat(file).content().isEqualTo(StateJson.write(STATE));
        assertThat(StateJson.read(file)).isEqualTo(STATE);
        assertThat(files()).containsExactly(file);
    }

    @Test
    void existingFileIsReplaced() throws IOException {
        StateJson.write(large(1), file);
        StateJson.write(STATE, file);
        assertThat(StateJson.read(file)).isEqualTo(STATE);
        assertThat(files()).containsExactly(file);
    }

    @Test
    void nameWithoutAFolderIsInTheWorkingDirectory() throws IOException {
        Path bare = Path.of("StateFileTest-" + ProcessHandle.current().pid() + ".json");
        try {
            StateJson.write(STATE, bare);
            assertThat(StateJson.read(bare.toAbsolutePath())).isEqualTo(STATE);
        } finally {
            Files.deleteIfExists(bare);
        }
    }

    @Test
    void longestNameIsPossible() throws IOException {
        Path longest = folder.resolve("x".repeat(255));
        StateJson.write(STATE, longest);
        assertThat(StateJson.read(longest)).isEqualTo(STATE);
    }

    @Test
    void symbolicLinkIsReplacedAndItsTargetStays() throws IOException {
        Path target = Files.writeString(folder.resolve("target.json"), "old");
        Files.createSymbolicLink(file, target);
        StateJson.write(STATE, file);
        assertThat(target).content().isEqualTo("old");
        assertThat(file).isRegularFile();
        assertThat(Files.isSymbolicLink(file)).isFalse();
    }

    @Test
    void readerNeverSeesHalfAState() throws Exception {
        BatchNormState[] states = {large(1), large(-1.0 / 3)};
        StateJson.write(states[0], file);
        AtomicBoolean written = new AtomicBoolean();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            Future<Integer> reads = reader.submit(() -> {
                int count = 0;
                for (; count == 0 || !written.get(); count++) {
                    assertThat(StateJson.read(file)).isIn((Object[]) states);
                }
                return count;
            });
            for (int i = 0; i < 100; i++) {
                StateJson.write(states[i % 2], file);
            }
            written.set(true);
            assertThat(reads.get()).isPositive();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } finally {
            reader.shutdownNow();
        }
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> StateJson.read(file))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(file + ": no such file; expected a state file of spark-batchnorm");
    }

    @Test
    void fileThatIsNoStateIsNamed() throws IOException {
        Files.writeString(file, GOOD.replace("\"version\": 1", "\"version\": 7"));
        assertThatThrownBy(() -> StateJson.read(file))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith(file + ": version is 7; expected ");
        Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
        assertThatThrownBy(() -> StateJson.read(file))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(file + ": not text in UTF-8; expected a state file of spark-batchnorm");
    }

    @Test
    void folderInPlaceOfTheFileIsNamed() throws IOException {
        Files.createDirectory(file);
        assertThatThrownBy(() -> StateJson.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": the state was not read: ");
        assertThatThrownBy(() -> StateJson.write(STATE, file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": the state was not written: ");
        assertThat(file).isEmptyDirectory();
        assertThat(files()).containsExactly(file);
    }

    @Test
    void missingFolderIsNamed() throws IOException {
        Path beyond = folder.resolve("missing").resolve("state.json");
        assertThatThrownBy(() -> StateJson.write(STATE, beyond))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(beyond + ": the state was not written: ")
                .hasCauseInstanceOf(NoSuchFileException.class);
        assertThat(files()).isEmpty();
    }

    @Test
    void fileInPlaceOfTheFolderIsNamed() throws IOException {
        StateJson.write(STATE, file);
        Path below = file.resolve("state.json");
        assertThatThrownBy(() -> StateJson.write(large(1), below))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(below + ": the state was not written: ");
        assertThat(StateJson.read(file)).isEqualTo(STATE);
        assertThat(files()).containsExactly(file);
    }

    @Test
    void failureOfTheWritingLeavesTheOldFileAndNothingBesideIt() throws IOException {
        StateJson.write(STATE, file);
        Thread.currentThread().interrupt(); // closes the temporary file when it is written to
        try {
            assertThatThrownBy(() -> StateJson.write(large(1), file))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": the state was not written: ")
                    .hasCauseInstanceOf(ClosedByInterruptException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(StateJson.read(file)).isEqualTo(STATE);
        assertThat(files()).containsExactly(file);
    }
}
