package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replacements get the rights of what they replace. */
final class FileRightsTest extends PublishTesting {
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
            Path folder = Path.of(target.staging().path().toUri().getPath());
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
}
