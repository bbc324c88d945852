package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Staging folders of other runs are named. */
final class LeftBehindTest extends PublishTesting {
    @Test
    void whatOtherRunsLeftBehindIsNamed() throws IOException {
        String dead = "_batchnorm-00000000-0000-0000-0000-00000000000";
        write(
                directory,
                Map.of(
                        "data/" + dead + "1/old-out/part-0",
                        "the only copy",
                        "data/" + dead + "2/new-out/part-0",
                        "unpublished",
                        "data/_batchnorm-mine/x",
                        "not ours"));
        Files.setLastModifiedTime(
                directory.resolve("data/" + dead + "1"),
                FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        assertThat(publish(directory.toString())).isEmpty();
        String folder = "file:" + directory + "/data/";
        assertThat(told.toString(StandardCharsets.UTF_8).lines())
                .containsExactlyInAnyOrder(
                        "warning: " + folder + dead
                                + "1 (3 days old) belongs to a run that is going on now, or that was"
                                + " killed; it holds what that run was replacing, maybe the only copy: old-out, which was "
                                + folder + "out. If no run uses it, look at both before you move or delete one",
                        "warning: " + folder + dead + "2 (0 minutes old) belongs to a run that is going on now, or that"
                                + " was killed; it holds nothing that was published: delete it if no run uses it");
        assertThat(directory.resolve("data/" + dead + "1/old-out/part-0")).hasContent("the only copy");
    }
}
