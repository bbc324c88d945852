package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Outputs appear together or not at all, whichever change of the file system fails. */
final class PublisherTest {
    private static final Map<String, String> OLD =
            Map.of("data/out/part-0", "old rows", "data/out/part-1", "more old rows", "states/state.json", "old state");
    private static final Map<String, String> NEW =
            Map.of("data/out/part-0", "new rows", "states/state.json", "new state");

    @TempDir
    Path directory;

    private Configuration configuration;

    @BeforeEach
    void configure() {
        configuration = FaultyFileSystem.configuration();
    }

    @ParameterizedTest
    @EnumSource(FaultyFileSystem.Fault.class)
    void theOldStaysWhereAnyChangeFails(FaultyFileSystem.Fault fault) throws IOException {
        everyFault(fault, OLD);
    }

    @ParameterizedTest
    @EnumSource(FaultyFileSystem.Fault.class)
    void nothingAppearsWhereAnyChangeFails(FaultyFileSystem.Fault fault) throws IOException {
        everyFault(fault, Map.of());
    }

    /** Fails the first change, then the second, ... until nothing fails any more. */
    private void everyFault(FaultyFileSystem.Fault fault, Map<String, String> before) throws IOException {
        int k = 0;
        boolean reached = true;
        while (reached) {
            k++;
            Path root = Files.createDirectory(directory.resolve("fault-" + k));
            write(root, before);
            FaultyFileSystem.failAt(k, fault);
            String error = null;
            List<org.apache.hadoop.fs.Path> left = List.of();
            try {
                left = publish("faulty:" + root);
            } catch (BatchNormException e) {
                error = ErrorLine.of(e);
            }
            reached = FaultyFileSystem.hasFailed();
            FaultyFileSystem.failAt(0, fault);
            String what = fault + " at change " + k + ", error: " + error;
            Map<String, String> after = files(root);
            if (error == null) {
                assertThat(withoutStaging(after)).describedAs(what).isEqualTo(NEW);
                assertThat(leftover(root)).describedAs(what).hasSize(left.size());
            } else {
                assertThat(error)
                        .describedAs(what)
                        .containsAnyOf("injected", "cannot be made", "did not rename")
                        .doesNotContain("\n");
                assertOldIsThereOrNamed(root, before, after, error, what);
            }
        }
        assertThat(k).describedAs("changes of a run").isGreaterThan(6);
    }

    private static void assertOldIsThereOrNamed(
            Path root, Map<String, String> before, Map<String, String> after, String error, String what)
            throws IOException {
        if (error.contains("could not be put back")) {
            // Where renaming does not work any more nothing can be put back: then the message says where things are.
            assertThat(leftover(root)).describedAs(what).isNotEmpty().allMatch(path -> error.contains(path));
            assertThat(after.values()).describedAs(what).containsAll(before.values());
        } else {
            assertThat(withoutStaging(after)).describedAs(what).isEqualTo(before);
            assertThat(leftover(root)).describedAs(what).allMatch(path -> error.contains(path));
        }
    }

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
        try (Publisher publisher = new Publisher(configuration, false)) {
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
        try (Publisher publisher = new Publisher(configuration, false)) {
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
        try (Publisher publisher = new Publisher(configuration, false)) {
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
        try (Publisher publisher = new Publisher(configuration, true)) {
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
        try (Publisher publisher = new Publisher(configuration, true)) {
            PublishTarget file = publisher.addFile("--state-out", directory + "/state.json", false);
            publisher.prepare();
            publisher.write(file, out -> out.write("new".getBytes(StandardCharsets.UTF_8)));
            publisher.publish();
        }
        assertThat(files(directory)).isEqualTo(Map.of("state.json", "new"));
    }

    @Test
    void aPlaceThatCannotBeMadeShowsBeforeTheWork() throws IOException {
        Files.writeString(directory.resolve("file"), "x");
        try (Publisher publisher = new Publisher(configuration, true)) {
            publisher.addFolder("--output", directory + "/file/out");
            assertThatThrownBy(publisher::prepare)
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageContaining("/file");
        }
        assertThat(files(directory)).isEqualTo(Map.of("file", "x"));
    }

    private List<org.apache.hadoop.fs.Path> publish(String root) {
        try (Publisher publisher = new Publisher(configuration, true)) {
            PublishTarget folder = publisher.addFolder("--output", root + "/data/out");
            PublishTarget file = publisher.addFile("--state-out", root + "/states/state.json", false);
            publisher.prepare();
            writeRows(folder);
            publisher.write(file, out -> out.write("new state".getBytes(StandardCharsets.UTF_8)));
            return publisher.publish();
        }
    }

    private static void writeRows(PublishTarget folder) {
        org.apache.hadoop.fs.Path part = new org.apache.hadoop.fs.Path(folder.staged(), "part-0");
        try (OutputStream out = folder.fileSystem().create(part, false)) {
            out.write("new rows".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new BatchNormException("injected: " + e.getMessage(), e);
        }
    }

    private static void write(Path root, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    private static Map<String, String> files(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            Map<String, String> files = new TreeMap<>();
            paths.filter(Files::isRegularFile)
                    .forEach(path -> files.put(root.relativize(path).toString(), content(path)));
            return files;
        }
    }

    private static String content(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> withoutStaging(Map<String, String> files) {
        Map<String, String> visible = new TreeMap<>(files);
        visible.keySet().removeIf(path -> path.contains("_batchnorm-"));
        return visible;
    }

    /** Staging folders that are still there, and folders without anything in them. */
    private static List<String> leftover(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(Files::isDirectory)
                    .filter(path -> path.getFileName().toString().startsWith("_batchnorm-") || isEmpty(path))
                    .filter(path -> !path.equals(root))
                    .filter(path -> !path.getParent().getFileName().toString().startsWith("_batchnorm-"))
                    .map(Path::toString)
                    .toList();
        }
    }

    private static boolean isEmpty(Path folder) {
        try (Stream<Path> inner = Files.list(folder)) {
            return inner.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
