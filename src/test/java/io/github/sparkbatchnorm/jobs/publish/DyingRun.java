package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;

/** A run that publishes one to three outputs in two folders, and dies at a change of its files; and what is left. */
final class DyingRun {
    static final String NOT_BEGUN = "there is nothing to finish";
    static final String ALL_PUBLISHED = "all new outputs were published";

    /** A folder, and files in another folder; the names of all, in order. */
    private static final List<String> TARGETS = List.of("data/out", "states/stats.json", "states/state.json");

    private final Path root;
    private final boolean local;
    private final List<String> targets;
    private final boolean replaces;
    private final Configuration configuration;
    private final ByteArrayOutputStream told = new ByteArrayOutputStream();
    private final Console console = new Console(stream(told), stream(told));

    /**
     * Creates a run.
     *
     * @param local whether on local files, or else on a file system without links
     * @param targets which are published: places in the list of all
     * @param replaces whether there are old ones
     */
    DyingRun(Path root, boolean local, List<Integer> targets, boolean replaces) {
        this.root = root;
        this.local = local;
        this.targets = targets.stream().map(TARGETS::get).toList();
        this.replaces = replaces;
        this.configuration = local ? MortalFileSystem.configuration() : FaultyFileSystem.configuration();
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    Path root() {
        return root;
    }

    Configuration configuration() {
        return configuration;
    }

    /** What was printed since the last call. */
    String told() {
        String text = told.toString(StandardCharsets.UTF_8);
        told.reset();
        return text;
    }

    List<String> targets() {
        return targets.stream().map(this::place).toList();
    }

    private String place(String target) {
        return (local ? "" : "faulty:") + root.resolve(target);
    }

    /** All files when everything is old, or new. */
    Map<String, String> all(String age) {
        Map<String, String> files = new TreeMap<>();
        if (age.equals("new") || replaces) {
            for (String target : targets) {
                files.put(target + (target.equals("data/out") ? "/part-" + age : ""), age + " " + target);
            }
        }
        files.put("data/other", "of somebody else");
        files.put("states/other", "of somebody else");
        return files;
    }

    /**
     * Publishes, and dies at the k-th operation after everything is staged.
     *
     * @return whether there are so many
     */
    boolean dieAt(int k) throws IOException {
        reset();
        try (Publisher publisher = publish(true, () -> setDeath(k))) {
            assertThat(publisher).isNotNull();
        } catch (BatchNormException e) {
            assertThat(e.getMessage()).contains("injected");
        }
        return isDead();
    }

    /** Makes what is there before the run. */
    void reset() throws IOException {
        FileUtils.deleteDirectory(root.toFile());
        PublishTesting.write(root, all("old"));
    }

    /** Publishes everything. */
    Publisher publish(boolean overwrite, Runnable beforePublishing) throws IOException {
        Publisher publisher = new Publisher(configuration, overwrite, console);
        try {
            List<PublishTarget> added = new ArrayList<>();
            for (String target : targets) {
                added.add(
                        target.equals("data/out")
                                ? publisher.addFolder("--output", place(target))
                                : publisher.addFile("--state-out", place(target), false));
            }
            publisher.prepare();
            for (int i = 0; i < targets.size(); i++) {
                write(added.get(i), targets.get(i), publisher);
            }
            beforePublishing.run();
            publisher.publish();
            return publisher;
        } catch (BatchNormException e) {
            try (publisher) {
                throw e;
            }
        }
    }

    private static void write(PublishTarget target, String name, Publisher publisher) throws IOException {
        byte[] content = ("new " + name).getBytes(StandardCharsets.UTF_8);
        if (!name.equals("data/out")) {
            publisher.write(target, out -> out.write(content));
            return;
        }
        try (OutputStream out =
                target.fileSystem().create(new org.apache.hadoop.fs.Path(target.staged(), "part-new"))) {
            out.write(content);
        }
    }

    private void setDeath(int k) {
        if (local) {
            MortalFileSystem.dieAt(k);
        } else {
            FaultyFileSystem.failAt(k, FaultyFileSystem.Fault.DIES);
        }
    }

    /** Whether the last death came; the files are well again, and the process is one that has ended. */
    private boolean isDead() throws IOException {
        boolean died = local ? MortalFileSystem.hasDied() : FaultyFileSystem.hasFailed();
        setDeath(0);
        bury(root);
        return died;
    }

    /** Makes signs of life those of a process that has ended, with the number of this one. */
    static void bury(Path root) throws IOException {
        ProcessIdentity self = ProcessIdentity.current();
        byte[] ended = new ProcessIdentity(self.host(), self.pid(), "1", self.machine()).content();
        try (Stream<Path> paths = Files.walk(root)) {
            paths.filter(path -> path.endsWith(StagingFolder.ALIVE)).forEach(path -> write(path, ended));
        }
    }

    private static void write(Path path, byte[] content) {
        try {
            Files.write(path, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Recovers with a command for each output, the last one first; the first error, or an empty text. */
    String recover(Recovery.Way way) {
        for (int i = targets.size() - 1; i >= 0; i--) {
            try {
                new Recovery(configuration, console).recover(place(targets.get(i)), way);
            } catch (BatchNormException e) {
                return e.getMessage();
            }
        }
        return "";
    }

    /**
     * Recovers, and dies at the k-th operation.
     *
     * @return whether there are so many
     */
    boolean recoverAndDieAt(Recovery.Way way, int k) throws IOException {
        setDeath(k);
        String error = recover(way);
        boolean died = isDead();
        assertThat(List.of("injected", "could not delete", NOT_BEGUN, ALL_PUBLISHED))
                .as(error)
                .anyMatch(part -> error.isEmpty() || error.contains(part));
        return died;
    }

    /**
     * Recovers, and checks that everything is old, or everything new, and nothing else is left.
     *
     * @return {@code old} or {@code new}
     */
    String settle(Recovery.Way way, String what) throws IOException {
        String error = recover(way);
        if (error.contains(NOT_BEGUN)) {
            assertThat(way).as(what).isEqualTo(Recovery.Way.FINISH);
            assertThat(recover(Recovery.Way.RESTORE)).as(what).isEmpty();
        } else if (error.contains(ALL_PUBLISHED)) {
            assertThat(way).as(what).isEqualTo(Recovery.Way.RESTORE);
            assertThat(recover(Recovery.Way.FINISH)).as(what).isEmpty();
        } else {
            assertThat(error).as(what).isEmpty();
        }
        Map<String, String> files = PublishTesting.files(root);
        assertThat(files).as("%s, %s, %s", what, way, told()).isIn(all("old"), all("new"));
        assertThat(PublishTesting.leftover(root)).as(what).isEmpty();
        assertThat(recover(way)).as("a second call, %s", what).isEmpty();
        return files.equals(all("new")) ? "new" : "old";
    }

    private static String uri(String place) {
        return place.startsWith("/") ? "file:" + place : place;
    }

    /** Whether the next run on each output is refused, with both commands; all outputs have the same answer. */
    boolean isRefused(boolean overwrite) {
        List<Boolean> refused = new ArrayList<>();
        for (String target : targets) {
            try (Publisher next = new Publisher(configuration, overwrite, console)) {
                next.addFile("--json", place(target), false);
                refused.add(false);
            } catch (BatchNormException e) {
                boolean byJournal = e.getMessage().contains("was being published by a run that was killed");
                refused.add(byJournal);
                if (byJournal) {
                    assertThat(e.getMessage())
                            .contains("recover " + uri(place(target)) + " --finish", " --restore puts");
                }
            }
        }
        assertThat(refused).containsOnly(refused.get(0));
        return refused.get(0);
    }
}
