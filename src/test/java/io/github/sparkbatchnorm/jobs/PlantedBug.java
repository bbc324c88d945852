package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaCompiler.CompilationTask;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A class of ours with a bug: its source with one text replaced by another.
 *
 * @param name what the bug is, in words
 * @param source the class, below our root package: {@code layer/ChannelTransform}
 * @param text that occurs once in the source
 * @param replacement of the text
 * @param suiteCase the case that shows the bug
 * @param failed the checks that must fail
 * @param passed checks that must pass, since the bug is none of what they check
 */
record PlantedBug(
        String name,
        String source,
        String text,
        String replacement,
        String suiteCase,
        List<String> failed,
        List<String> passed) {
    private static final Path SOURCES = Launcher.PROJECT.resolve("src/main/java/io/github/sparkbatchnorm");

    /** A bug that no check is said to find yet. */
    static PlantedBug of(String name, String source, String text, String replacement) {
        return new PlantedBug(name, source, text, replacement, "", List.of(), List.of());
    }

    /** The same bug with the case that shows it and the checks that must fail. */
    PlantedBug isFoundIn(String shownBy, String... checks) {
        return new PlantedBug(name, source, text, replacement, shownBy, List.of(checks), passed);
    }

    /** The same bug with checks that must pass. */
    PlantedBug notBy(String... checks) {
        return new PlantedBug(name, source, text, replacement, suiteCase, failed, List.of(checks));
    }

    /** The source of the class with the bug. */
    String sourceWithBug() throws IOException {
        Path original = SOURCES.resolve(source + ".java");
        String sound = Files.readString(original);
        assertThat(sound.split(Pattern.quote(text), -1))
                .as("%s holds once, for the bug '%s': %s", original, name, text)
                .hasSize(2);
        return sound.replace(text, replacement);
    }

    /**
     * Compiles the class with the bug, and those nested in it.
     *
     * @param work a folder of the bug's own
     * @return the folder to put before ours on the class path
     */
    Path plant(Path work) throws IOException {
        Path copy = Files.createDirectories(work.resolve("source"))
                .resolve(Path.of(source + ".java").getFileName());
        Files.writeString(copy, sourceWithBug());
        Path classes = Files.createDirectories(work.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-proc:none",
                    "-nowarn",
                    "--add-modules",
                    "jdk.incubator.vector",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    classes.toString());
            CompilationTask task =
                    compiler.getTask(messages, files, null, options, null, files.getJavaFileObjects(copy));
            assertThat(task.call()).as("%s compiles: %s", name, messages).isTrue();
        }
        return classes;
    }

    @Override
    public String toString() {
        return name;
    }
}
