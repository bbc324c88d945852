package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import io.github.sparkbatchnorm.jobs.console.Console;
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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The base of tests that publish files in a folder of their own. */
abstract class PublishTesting {
    static final Map<String, String> OLD =
            Map.of("data/out/part-0", "old rows", "data/out/part-1", "more old rows", "states/state.json", "old state");
    static final Map<String, String> NEW = Map.of("data/out/part-0", "new rows", "states/state.json", "new state");

    @TempDir
    Path directory;

    private Configuration configuration;

    final ByteArrayOutputStream told = new ByteArrayOutputStream();
    final Console console = new Console(System.out, new PrintStream(told, true, StandardCharsets.UTF_8));

    @BeforeEach
    void configure() {
        configuration = FaultyFileSystem.configuration();
    }

    Publisher publisher(boolean overwrite) {
        return new Publisher(configuration, overwrite, console);
    }

    List<org.apache.hadoop.fs.Path> publish(String root) {
        try (Publisher publisher = publisher(true)) {
            return publishTo(publisher, root + "/data/out", root + "/states/state.json");
        }
    }

    static List<org.apache.hadoop.fs.Path> publishTo(Publisher publisher, String output, String state) {
        PublishTarget folder = publisher.addFolder("--output", output);
        PublishTarget file = publisher.addFile("--state-out", state, false);
        publisher.prepare();
        writeRows(folder);
        publisher.write(file, out -> out.write("new state".getBytes(StandardCharsets.UTF_8)));
        return publisher.publish();
    }

    static void writeRows(PublishTarget folder) {
        org.apache.hadoop.fs.Path part = new org.apache.hadoop.fs.Path(folder.staged(), "part-0");
        try (OutputStream out = folder.fileSystem().create(part, false)) {
            out.write("new rows".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new BatchNormException("injected: " + e.getMessage(), e);
        }
    }

    static void write(Path root, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    static Map<String, String> files(Path root) throws IOException {
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

    /** Staging folders that are still there, and folders without anything in them. */
    static List<String> leftover(Path root) throws IOException {
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
