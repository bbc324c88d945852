package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive of Spark's classes that the build makes for the embedded Spark. */
@Tag("full")
final class ClassArchiveIT {
    private static final String[] STATS = {
        "stats", "--input", Launcher.PROJECT + "/jobs/examples/wine.csv", "--columns", "alcohol,ash"
    };

    @TempDir
    Path directory;

    /** With this option a JVM that cannot use the archive does not start. */
    private static final String REQUIRED = "-Xshare:on";

    @Test
    void theEmbeddedSparkUsesTheArchive() throws Exception {
        assertRunsWithoutWarning(
                Launcher.in(directory).with("SPARK_SUBMIT_OPTS", REQUIRED).run(STATS));
    }

    @Test
    void aClassPathThatTheArchiveWasNotMadeForGoesWithoutIt() throws Exception {
        String[] other = with("--driver-class-path", Launcher.PROJECT + "/target/spark-batchnorm-all.jar");
        assertRunsWithoutWarning(Launcher.in(directory).run(other));
        Launcher.Result required =
                Launcher.in(directory).with("SPARK_SUBMIT_OPTS", REQUIRED).run(other);
        assertThat(required.exit()).isEqualTo(1);
        assertThat(required.out()).doesNotContain(" channel ");
    }

    private static void assertRunsWithoutWarning(Launcher.Result result) {
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.out()).startsWith(" channel ").doesNotContainIgnoringCase("warning");
        assertThat(result.err()).doesNotContain("archive");
    }

    @Test
    void aProjectInAFolderWithASpaceHasOneToo() throws Exception {
        Path project = StandIn.unbuiltProject(directory.resolve("a project"));
        for (String name :
                List.of("conf", "jobs/embed", "jobs/examples", "target/spark-batchnorm-all.jar", "target/classes")) {
            link(project, name);
        }
        link(project, "target/spark/jars");
        Path log = directory.resolve("embed.log");
        Process embed = new ProcessBuilder(project.resolve("jobs/embed").toString())
                .redirectOutput(log.toFile())
                .redirectErrorStream(true)
                .start();
        assertThat(embed.waitFor()).as(Files.readString(log)).isZero();

        assertRunsWithoutWarning(new Launcher(project.resolve("jobs/batchnorm"), directory)
                .with("SPARK_SUBMIT_OPTS", REQUIRED)
                .run(STATS));
        // Else JUnit would warn that the links lead out of its directory.
        try (Stream<Path> files = Files.walk(project)) {
            for (Path file : files.filter(Files::isSymbolicLink).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void link(Path project, String name) throws Exception {
        Path link = project.resolve(name);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Launcher.PROJECT.resolve(name));
    }

    private static String[] with(String... options) {
        String[] all = new String[options.length + STATS.length];
        System.arraycopy(options, 0, all, 0, options.length);
        System.arraycopy(STATS, 0, all, options.length, STATS.length);
        return all;
    }
}
