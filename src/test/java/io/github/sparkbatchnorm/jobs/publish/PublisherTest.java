package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Outputs appear together or not at all. */
final class PublisherTest extends PublishTesting {
    @Test
    void publishesEverythingAndCleansUp() throws IOException {
        for (String scheme : List.of("faulty:", "file:", "")) {
            Path root = Files.createDirectory(directory.resolve("root" + scheme.length()));
            write(root, OLD);
            assertThat(publish(scheme + root)).isEmpty();
            assertThat(files(root)).isEqualTo(NEW);
            assertThat(publish(scheme + root)).isEmpty();
            assertThat(files(root)).isEqualTo(NEW);
        }
    }

    @Test
    void makesTheFoldersAboveAndTakesThemBackWhenDiscarded() throws IOException {
        try (Publisher publisher = publisher(false)) {
            publisher.addFolder("--output", directory + "/a/b/out");
            publisher.addFile("--state-out", directory + "/a/c/state.json", false);
            publisher.prepare();
            assertThat(directory.resolve("a/b")).exists();
            assertThat(directory.resolve("a/c")).exists();
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void whatExistsIsReplacedOnlyIfToldSo() throws IOException {
        write(directory, OLD);
        try (Publisher publisher = publisher(false)) {
            assertThatThrownBy(() -> publisher.addFolder("--output", directory + "/data/out"))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("--output file:" + directory
                            + "/data/out exists; give another place, or --overwrite to replace it");
            assertThatThrownBy(() -> publisher.addFile("--state-out", directory + "/states/state.json", false))
                    .hasMessageContaining("exists");
            assertThatThrownBy(() -> publisher.addFile("--state-out", directory + "/states", true))
                    .hasMessageContaining("is a folder; give the name of a file");
            publisher.addFile("--state-out", directory + "/states/state.json", true);
        }
        assertThat(files(directory)).isEqualTo(OLD);
    }

    @Test
    void whatAppearsMeanwhileIsNotReplaced() throws IOException {
        try (Publisher publisher = publisher(false)) {
            PublishTarget folder = publisher.addFolder("--output", directory + "/out");
            publisher.prepare();
            Files.createDirectories(Path.of(folder.staged().toUri()));
            write(directory, Map.of("out/theirs", "their rows"));
            assertThatThrownBy(publisher::publish)
                    .hasMessageContaining("exists")
                    .hasMessageContaining("nothing was");
        }
        assertThat(files(directory)).isEqualTo(Map.of("out/theirs", "their rows"));
    }

    @Test
    void aFileMayReplaceAFolderOfRows() throws IOException {
        Path file = Files.writeString(directory.resolve("wine.csv"), "a\n1\n");
        try (Publisher publisher = publisher(true)) {
            PublishTarget folder = publisher.addFolder("--output", file.toString());
            publisher.prepare();
            Files.createDirectories(Path.of(folder.staged().toUri()));
            assertThat(publisher.publish()).isEmpty();
        }
        assertThat(file).isEmptyDirectory();
    }

    @Test
    void filesHaveNoChecksumsBesideThemAndStaleOnesGo() throws IOException {
        Files.writeString(directory.resolve(".state.json.crc"), "stale");
        Files.writeString(directory.resolve("state.json"), "edited by hand");
        try (Publisher publisher = publisher(true)) {
            PublishTarget file = publisher.addFile("--state-out", directory + "/state.json", false);
            publisher.prepare();
            publisher.write(file, out -> out.write("new".getBytes(StandardCharsets.UTF_8)));
            publisher.publish();
        }
        assertThat(files(directory)).isEqualTo(Map.of("state.json", "new"));
    }

    @Test
    void aPlaceThatCannotBeMadeShowsBeforeTheWorkAndSaysWhy() throws IOException {
        Files.writeString(directory.resolve("file"), "x");
        try (Publisher publisher = publisher(true)) {
            assertThatThrownBy(() -> publisher.addFolder("--output", directory + "/file/out"))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage(
                            "--output %s/file/out cannot be used: %s/file/out: Not a directory", directory, directory);
        }
        assertThat(files(directory)).isEqualTo(Map.of("file", "x"));
    }

    @Test
    void linksStayAndWhatTheyPointToIsReplaced() throws IOException {
        write(directory, OLD);
        Files.createDirectory(directory.resolve("links"));
        Path chain = link("links/chain", "out");
        Path folder = link("links/out", "../data/out");
        Path file = link("state.json", directory + "/states/state.json");
        try (Publisher publisher = publisher(true)) {
            publishTo(publisher, directory + "/links/chain", directory + "/state.json");
        }
        assertThat(List.of(chain, folder, file)).allMatch(Files::isSymbolicLink);
        assertThat(files(directory)).isEqualTo(NEW);
        assertThat(leftover(directory)).isEmpty();
    }

    @Test
    void whatADanglingLinkPointsToIsMade() throws IOException {
        Path folder = link("out", "data/out");
        Path file = link("state.json", "states/state.json");
        try (Publisher publisher = publisher(false)) {
            publishTo(publisher, folder.toString(), file.toString());
        }
        assertThat(List.of(folder, file)).allMatch(Files::isSymbolicLink);
        assertThat(files(directory)).isEqualTo(NEW);
    }

    @Test
    void linksInACircleAreRefused() throws IOException {
        link("a", "b");
        link("b", "a");
        try (Publisher publisher = publisher(true)) {
            assertThatThrownBy(() -> publisher.addFolder("--output", directory + "/a"))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageContaining("--output " + directory + "/a cannot be used")
                    .hasMessageContaining("symbolic links");
        }
    }

    @Test
    void nothingIsPublishedOnceAShutdownHasDiscardedIt() throws IOException {
        write(directory, OLD);
        try (Publisher publisher = publisher(true)) {
            PublishTarget folder = publisher.addFolder("--output", directory + "/data/out");
            PublishTarget file = publisher.addFile("--state-out", directory + "/states/state.json", false);
            publisher.prepare();
            writeRows(folder);
            publisher.interrupt();
            assertThatThrownBy(() -> publisher.write(file, out -> out.write(1))).isInstanceOf(BatchNormException.class);
            assertThatThrownBy(publisher::publish)
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("interrupted before anything was published; nothing was changed");
            assertThatThrownBy(publisher::prepare).isInstanceOf(BatchNormException.class);
        }
        assertThat(files(directory)).isEqualTo(OLD);
        assertThat(leftover(directory)).isEmpty();
        assertThat(console.end().changes()).isEqualTo("nothing was changed");
    }

    @Test
    void aShutdownWaitsForTheEndOfPublishingAndTellsOfIt() throws Exception {
        write(directory, OLD);
        try (Publisher publisher = publisher(true)) {
            PublishTarget folder = publisher.addFolder("--output", "faulty:" + directory + "/data/out");
            publisher.prepare();
            writeRows(folder);
            Thread shutdown = new Thread(publisher::interrupt);
            FaultyFileSystem.beforeNextRename(() -> {
                shutdown.start();
                while (shutdown.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
            });
            publisher.publish();
            shutdown.join();
        }
        assertThat(files(directory)).isEqualTo(Map.of("data/out/part-0", "new rows", "states/state.json", "old state"));
        assertThat(console.end().changes()).isEqualTo("published before that: faulty:" + directory + "/data/out");
    }

    private Path link(String name, String to) throws IOException {
        return Files.createSymbolicLink(directory.resolve(name), Path.of(to));
    }
}
