package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** What stands in for the programs that the launcher runs, and for a project that is not built. */
final class StandIn {
    private StandIn() {}

    /** A script of a shell. */
    static Path executable(Path file, String body) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** An installation of Spark with a spark-submit of that body. */
    static Path sparkHome(Path home, String version, String submit) throws IOException {
        Files.createDirectories(home.resolve("jars"));
        Files.write(home.resolve("jars/spark-core_" + version + ".jar"), new byte[0]);
        executable(home.resolve("bin/spark-submit"), submit);
        return home;
    }

    /** The launcher in a project of which nothing is built. */
    static Path unbuiltProject(Path project) throws IOException {
        Files.createDirectories(project.resolve("jobs"));
        for (String script : List.of("jobs/batchnorm", "jobs/cluster", "jobs/setup.sh", "jobs/spark-settings.sh")) {
            Files.copy(Launcher.PROJECT.resolve(script), project.resolve(script), StandardCopyOption.COPY_ATTRIBUTES);
        }
        return project.toRealPath();
    }

    /** A launcher that found the arguments wrong: one line, and nothing started. */
    static void assertUsageError(Launcher.Result result, String message) {
        assertThat(result.exit()).as(result.err()).isEqualTo(ExitCode.USAGE);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("error: " + message).endsWith("\n").hasLineCount(1);
    }
}
