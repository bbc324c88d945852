package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    private final ByteArrayOutputStream told = new ByteArrayOutputStream();
    private final Console console = new Console(System.out, new PrintStream(told, true, StandardCharsets.UTF_8));

    @BeforeEach
    void configure() {
        configuration = FaultyFileSystem.configuration();
    }

    private Publisher publisher(boolean overwrite) {
        return new Publisher(configuration, overwrite, console);
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
                        .containsAnyOf("injected", "did not make", "did not rename")
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

    @ParameterizedTest
    @CsvSource({"rw-------, ''", "rw-rw-r--, ''", "rw-r-----, faulty:"})
    void whatIsReplacedHandsOnItsMode(String mode, String scheme) throws IOException {
        write(directory, OLD);
        Set<PosixFilePermission> forFile = PosixFilePermissions.fromString(mode);
        Set<PosixFilePermission> forFolder = PosixFilePermissions.fromString(mode.replace("rw-", "rwx"));
        Files.setPosixFilePermissions(directory.resolve("states/state.json"), forFile);
        Files.setPosixFilePermissions(directory.resolve("data/out"), forFolder);
        assertThat(publish(scheme + directory)).isEmpty();
        assertThat(files(directory)).isEqualTo(NEW);
        assertThat(Files.getPosixFilePermissions(directory.resolve("states/state.json")))
                .isEqualTo(forFile);
        assertThat(Files.getPosixFilePermissions(directory.resolve("data/out"))).isEqualTo(forFolder);
    }

    @ParameterizedTest
    @CsvSource({"rw-------, rwx------", "rw-r-----, rwxr-x---", "rw-r--r--, rwxr-xr-x", "r--------, rwx------"})
    void noOneElseReadsAReplacementBeforeItIsInItsPlace(String mode, String staged) throws IOException {
        write(directory, OLD);
        Files.setPosixFilePermissions(directory.resolve("states/state.json"), PosixFilePermissions.fromString(mode));
        try (Publisher publisher = publisher(true)) {
            PublishTarget target = publisher.addFile("--state-out", directory + "/states/state.json", false);
            publisher.prepare();
            Path folder = Path.of(target.staging().toUri().getPath());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                    .isEqualTo(staged);
        }
    }

    @Test
    void whatIsReplacedHandsOnItsOwnerWhereTheUserMayGiveFilesAway() throws IOException {
        write(directory, OLD);
        Path state = directory.resolve("states/state.json");
        assumeTrue(Files.getAttribute(directory, "unix:uid").equals(0), "the tests run as root");
        Files.setAttribute(state, "unix:uid", 1234);
        Files.setAttribute(directory.resolve("data/out"), "unix:gid", 4321);
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("r--------"));
        assertThat(publish(directory.toString())).isEmpty();
        assertThat(Files.getAttribute(state, "unix:uid")).isEqualTo(1234);
        assertThat(Files.getPosixFilePermissions(state)).isEqualTo(PosixFilePermissions.fromString("r--------"));
        assertThat(Files.getAttribute(directory.resolve("data/out"), "unix:gid"))
                .isEqualTo(4321);
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

    @Test
    void whatOtherRunsLeftBehindIsNamed() throws IOException {
        String dead = "_batchnorm-00000000-0000-0000-0000-00000000000";
        write(
                directory,
                Map.of(
                        "data/" + dead + "1/old-out/part-0",
                        "the only copy",
                        "data/" + dead + "2/new-out/part-0",
                        "unpublished",
                        "data/_batchnorm-mine/x",
                        "not ours"));
        Files.setLastModifiedTime(
                directory.resolve("data/" + dead + "1"),
                FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        assertThat(publish(directory.toString())).isEmpty();
        String folder = "file:" + directory + "/data/";
        assertThat(told.toString(StandardCharsets.UTF_8).lines())
                .containsExactlyInAnyOrder(
                        "warning: " + folder + dead
                                + "1 (3 days old) belongs to a run that is going on now, or that was"
                                + " killed; it holds what that run was replacing, maybe the only copy: old-out, which was "
                                + folder + "out. If no run uses it, look at both before you move or delete one",
                        "warning: " + folder + dead + "2 (0 minutes old) belongs to a run that is going on now, or that"
                                + " was killed; it holds nothing that was published: delete it if no run uses it");
        assertThat(directory.resolve("data/" + dead + "1/old-out/part-0")).hasContent("the only copy");
    }

    private List<org.apache.hadoop.fs.Path> publish(String root) {
        try (Publisher publisher = publisher(true)) {
            return publishTo(publisher, root + "/data/out", root + "/states/state.json");
        }
    }

    private static List<org.apache.hadoop.fs.Path> publishTo(Publisher publisher, String output, String state) {
        PublishTarget folder = publisher.addFolder("--output", output);
        PublishTarget file = publisher.addFile("--state-out", state, false);
        publisher.prepare();
        writeRows(folder);
        publisher.write(file, out -> out.write("new state".getBytes(StandardCharsets.UTF_8)));
        return publisher.publish();
    }

    private Path link(String name, String to) throws IOException {
        return Files.createSymbolicLink(directory.resolve(name), Path.of(to));
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
            paths.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
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
