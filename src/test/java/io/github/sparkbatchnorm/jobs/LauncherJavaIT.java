package io.github.sparkbatchnorm.jobs;

import static io.github.sparkbatchnorm.jobs.StandIn.assertUsageError;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which Java the launcher takes, and what it says of others before it builds or starts anything. */
final class LauncherJavaIT {
    private static final String EXPECTED = "; expected Java 17 or 21: install one, and set JAVA_HOME to it";

    @TempDir
    Path directory;

    private Path java;
    private Path sparkHome;

    /** A Java that shows where it was run, and a Spark whose spark-submit exits with 7. */
    @BeforeEach
    void makeJavaAndSpark() throws IOException {
        java = StandIn.executable(directory.resolve("jdk/bin/java"), ": > " + directory + "/java.called; exit 9");
        sparkHome = StandIn.sparkHome(directory.resolve("spark"), "2.13-4.1.0", "exit 7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "17.0.15", "21", "21.0.9", "21-ea"})
    void java17And21AreTaken(String version) throws Exception {
        release(version);
        assertThat(ofJavaHome()
                        .with("SPARK_HOME", sparkHome.toString())
                        .run("stats")
                        .exit())
                .isEqualTo(7);
        assertThat(directory.resolve("java.called")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.8.0_392", "11.0.2", "18", "20.0.1", "25.0.1", "170.1", "211"})
    void anotherJavaIsAUsageError(String version) throws Exception {
        release(version);
        String message = "Java " + version + " at " + java + EXPECTED;
        assertUsageError(ofJavaHome().run("stats"), message);
        assertUsageError(ofJavaHome().run("stats", "--help"), message);
        assertUsageError(ofJavaHome().with("SPARK_HOME", sparkHome.toString()).run("stats"), message);
        assertThat(directory.resolve("java.called")).doesNotExist();
    }

    @Test
    void anotherJavaIsRefusedBeforeAnythingIsBuilt() throws Exception {
        release("11.0.2");
        Path project = StandIn.unbuiltProject(directory.resolve("project"));
        StandIn.executable(directory.resolve("tools/mvn"), ": > " + directory + "/mvn.called");
        Launcher.Result result = new Launcher(project.resolve("jobs/batchnorm"), directory)
                .with("JAVA_HOME", directory.resolve("jdk").toString())
                .with("PATH", directory.resolve("tools") + ":" + System.getenv("PATH"))
                .run("stats");
        assertUsageError(result, "Java 11.0.2 at " + java + EXPECTED);
        assertThat(directory.resolve("mvn.called")).doesNotExist();
        assertThat(project.resolve("target")).doesNotExist();
    }

    @Test
    void aJavaOfThePathIsKnownThroughItsLinks() throws Exception {
        release("11.0.2");
        Path link = Files.createSymbolicLink(
                Files.createDirectory(directory.resolve("tools")).resolve("java"), Path.of("../jdk/bin/java"));
        Launcher launcher = Launcher.in(directory)
                .with("JAVA_HOME", "")
                .with("PATH", link.getParent() + ":" + System.getenv("PATH"));
        assertUsageError(launcher.run("stats"), "Java 11.0.2 at " + link + EXPECTED);
    }

    @Test
    void aJavaWithoutAReleaseFileIsAsked() throws Exception {
        StandIn.executable(
                java, "echo 'Picked up JAVA_TOOL_OPTIONS: -Dx=y' >&2; echo 'openjdk version \"24\" 2025-03-18' >&2");
        assertUsageError(ofJavaHome().run("stats"), "Java 24 at " + java + EXPECTED);
        StandIn.executable(java, "echo 'openjdk version \"21.0.1\" 2023-10-17 LTS' >&2");
        assertThat(ofJavaHome()
                        .with("SPARK_HOME", sparkHome.toString())
                        .run("stats")
                        .exit())
                .isEqualTo(7);
        StandIn.executable(java, "echo nonsense");
        assertUsageError(ofJavaHome().run("stats"), "Java of unknown version at " + java + EXPECTED);
    }

    @Test
    void theJavaThatAnInstallationSetsForItselfCounts() throws Exception {
        release("11.0.2");
        Path env = Files.createDirectory(sparkHome.resolve("conf")).resolve("spark-env.sh");
        Files.writeString(env, "JAVA_HOME=" + directory.resolve("jdk") + "\n[ -n \"$NEVER_SET\" ] && echo text\n");
        Launcher launcher = Launcher.in(directory).with("SPARK_HOME", sparkHome.toString());
        assertUsageError(launcher.run("stats"), "Java 11.0.2 at " + java + EXPECTED);
        release("17.0.15");
        assertThat(launcher.with("JAVA_HOME", "/nowhere").run("stats").exit()).isEqualTo(7);
    }

    @Test
    void noJavaIsAUsageError() throws Exception {
        Path tools = Files.createDirectory(directory.resolve("tools"));
        for (String tool : new String[] {"bash", "dirname", "readlink", "sed"}) {
            Files.createSymbolicLink(tools.resolve(tool), onPath(tool));
        }
        Launcher none = Launcher.in(directory).with("JAVA_HOME", "").with("PATH", tools.toString());
        assertUsageError(none.run("stats"), "no Java is found; install a JDK 17 or 21, or set JAVA_HOME to one");
        Files.delete(java);
        assertUsageError(
                ofJavaHome().run("stats"), "no Java at " + java + "; install a JDK 17 or 21, and set JAVA_HOME");
    }

    private Launcher ofJavaHome() {
        return Launcher.in(directory).with("JAVA_HOME", directory.resolve("jdk").toString());
    }

    private void release(String version) throws IOException {
        Files.writeString(
                directory.resolve("jdk/release"),
                "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"y\"\n");
    }

    private static Path onPath(String tool) {
        for (String folder : System.getenv("PATH").split(":", -1)) {
            Path file = Path.of(folder, tool);
            if (Files.isExecutable(file)) {
                return file;
            }
        }
        throw new IllegalStateException("no " + tool);
    }
}
