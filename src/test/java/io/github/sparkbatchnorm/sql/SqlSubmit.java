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

/**
 * Runs {@link SqlScript} as a user does, with {@code spark-submit --jars}: the program's jar is the application's, and
 * the library's comes beside it, so that neither is on the class path that Spark itself has.
 */
final class SqlSubmit {
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final int MINUTES = 5;

    private final Path folder;
    private final String master;

    /** @param folder for the files of a run */
    SqlSubmit(Path folder, String master) {
        this.folder = folder;
        this.master = master;
    }

    /** What each statement showed. */
    List<String> run(List<String> statements, String... settings) throws Exception {
        Path script = Files.writeString(folder.resolve("script.sql"), String.join("\n\n", statements));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command(script, settings))
                .directory(folder.toFile())
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
        assertThat(shown).hasSameSizeAs(statements);
        return shown.stream().map(String::strip).toList();
    }

    private List<String> command(Path script, String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-cp",
                TARGET + "/spark/jars/*"));
        command.addAll(1, openPackages());
        command.addAll(List.of(
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                master,
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.sql.warehouse.dir=" + folder.resolve("warehouse")));
        for (String setting : settings) {
            command.addAll(List.of("--conf", setting));
        }
        command.addAll(List.of(
                "--jars",
                TARGET.resolve("spark-batchnorm.jar").toString(),
                "--class",
                SqlScript.class.getName(),
                application().toString(),
                script.toString()));
        return command;
    }

    /** What Spark's own launcher opens to Spark. */
    private static List<String> openPackages() {
        return Arrays.asList(org.apache.spark.launcher.JavaModuleOptions.defaultModuleOptions()
                .split(" ", -1));
    }

    private Path application() throws IOException {
        Path jar = folder.resolve("application.jar");
        String name = SqlScript.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file)) {
            entries.putNextEntry(new JarEntry(name));
            entries.write(Files.readAllBytes(TARGET.resolve("test-classes").resolve(name)));
        }
        return jar;
    }
}
