package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Outputs appear together or not at all, whichever change of the file system fails. */
final class PublisherFaultTest extends PublishTesting {
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

    private static Map<String, String> withoutStaging(Map<String, String> files) {
        Map<String, String> visible = new TreeMap<>(files);
        visible.keySet().removeIf(path -> path.contains("_batchnorm-"));
        return visible;
    }
}
