package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * {@link SqlScript} in a jar of its own, and its runs in JVMs of their own.
 *
 * @param folder for the files of a run
 */
record SqlProgram(Path folder) {
    /** What the build made. */
    static final Path TARGET = Path.of("target").toAbsolutePath();

    private static final int MINUTES = 5;

    /** The start of the command of a JVM for Spark: what Spark's own launcher opens to Spark is open. */
    static List<String> java(String heap, String classPath) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
        command.addAll(List.of("-Xmx" + heap, "-cp", classPath));
        return command;
    }

    /** The jar of the program, which has nothing else in it. */
    Path jar() throws IOException {
        Path jar = folder.resolve("application.jar");
        String name = SqlScript.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file)) {
            entries.putNextEntry(new JarEntry(name));
            entries.write(Files.readAllBytes(TARGET.resolve("test-classes").resolve(name)));
        }
        return jar;
    }

    /** The file of statements, for the program's first argument. */
    Path script(List<String> statements) throws IOException {
        return Files.writeString(folder.resolve("script.sql"), String.join("\n\n", statements));
    }

    /** What each of so many statements showed in a process that runs the program. */
    List<String> results(ProcessBuilder builder, int statements) throws Exception {
        // Where a local cluster finds the Spark of its executors.
        builder.environment().put("SPARK_HOME", TARGET.resolve("spark").toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = builder.directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertThat(ended && process.exitValue() == 0)
                .as(Files.readString(out) + Files.readString(err))
                .isTrue();
        List<String> shown = new ArrayList<>(Arrays.asList(Files.readString(out).split(">>>\n", -1)));
        shown.remove(0);
        assertThat(shown).hasSize(statements);
        return shown.stream().map(String::strip).toList();
    }
}
