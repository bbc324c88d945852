package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Staging folders of other runs are named, and a target that one was publishing is refused. */
final class LeftBehindTest extends PublishTesting {
    private static final String RUN = "00000000-0000-0000-0000-00000000000";
    private static final String DEAD = "_batchnorm-" + RUN;

    @Test
    void whatOtherRunsLeftBehindIsNamed() throws IOException {
        write(
                directory,
                Map.of(
                        "data/" + DEAD + "1/old-rows/part-0",
                        "the only copy",
                        "data/" + DEAD + "2/new-out/part-0",
                        "unpublished",
                        "data/" + DEAD + "3/new-out/part-0",
                        "unpublished",
                        "data/" + DEAD + "3/alive",
                        ended(),
                        "data/" + DEAD + "4/published",
                        "",
                        "data/" + DEAD + "5/alive",
                        new String(ProcessIdentity.current().content(), StandardCharsets.UTF_8),
                        "data/_batchnorm-mine/x",
                        "not ours"));
        journal(6, "published", "");
        Files.setLastModifiedTime(
                directory.resolve("data/" + DEAD + "1"),
                FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        assertThat(publish(directory.toString())).isEmpty();
        String folder = "file:" + directory + "/data/";
        String recover = " (0 minutes old) is left of a run that published everything: jobs/batchnorm recover ";
        List<String> lines =
                told.toString(StandardCharsets.UTF_8).lines().sorted().toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.subList(0, 4))
                .containsExactly(
                        "warning: " + folder + DEAD
                                + "1 (3 days old) belongs to a run that is going on now, or that was"
                                + " killed; it holds what that run was replacing, maybe the only copy: old-rows, which was "
                                + folder + "rows. If no run uses it, look at both before you move or delete one",
                        "warning: " + folder + DEAD + "2 (0 minutes old) belongs to a run that is going on now, or that"
                                + " was killed; it holds nothing that was published: delete it if no run uses it",
                        "warning: " + folder + DEAD + "3 (0 minutes old) is of a run that was killed while nothing was"
                                + " published: jobs/batchnorm recover " + folder + DEAD + "3 --restore deletes it",
                        "warning: " + folder + DEAD + 4 + recover + folder + DEAD + "4 --finish deletes it");
        assertThat(lines.get(4))
                .startsWith(
                        "warning: " + folder + DEAD + "5 (0 minutes old) belongs to a run that goes on now (process "
                                + ProcessHandle.current().pid() + " on host ")
                .containsPattern("last sign of life at 20\\d\\d-\\d\\d-\\d\\dT[0-9:]+Z\\)$");
        assertThat(lines.get(5))
                .isEqualTo("warning: " + folder + DEAD + 6 + recover + folder + DEAD + "6 --finish deletes it");
        assertThat(directory.resolve("data/" + DEAD + "1/old-rows/part-0")).hasContent("the only copy");
    }

    @Test
    void anOldOutputWithoutAJournalIsRefusedAndStays() throws IOException {
        String old = "data/" + DEAD + "1/old-out/part-0";
        write(directory, Map.of(old, "the only copy"));
        assertRefused("was being replaced by a run that left no journal: file:" + directory + "/data/" + DEAD
                + "1/old-out is the old one, maybe the only copy; look at it and at file:" + directory
                + "/data/out, put the one that you keep at file:" + directory
                + "/data/out, and take the other one away");
        assertThatThrownBy(() -> recover("data/out", Recovery.Way.RESTORE))
                .hasMessageContaining("left no journal")
                .hasMessageContaining(DEAD + "1/old-out");
        assertThat(files(directory)).isEqualTo(Map.of(old, "the only copy"));
    }

    @Test
    void aTargetThatAnotherRunPublishesNowIsRefused() throws IOException {
        journal(1, "alive", new String(ProcessIdentity.current().content(), StandardCharsets.UTF_8));
        assertRefused("is being published by a run that goes on now (process "
                + ProcessHandle.current().pid() + " on host ");
        for (Recovery.Way way : Recovery.Way.values()) {
            assertThatThrownBy(() -> recover("data/out", way)).hasMessageContaining("a run that goes on now (process ");
        }
        assertThat(files(directory)).hasSize(3);
    }

    /** Both check before they begin, and see each other only then. */
    @Test
    void ofTwoRunsThatPublishAtTheSameTimeTheSecondGivesWay() throws IOException {
        write(directory, OLD);
        try (Publisher publisher = publisher(true)) {
            PublishTarget folder = publisher.addFolder("--output", directory + "/data/out");
            publisher.prepare();
            writeRows(folder);
            journal(1, "alive", new String(ProcessIdentity.current().content(), StandardCharsets.UTF_8));
            assertThatThrownBy(publisher::publish)
                    .hasMessageContaining("goes on now")
                    .hasMessageEndingWith("nothing was changed");
        }
        assertThat(files(directory)).containsAllEntriesOf(OLD);
        assertThat(leftover(directory)).singleElement().asString().endsWith(DEAD + "1");
    }

    /** The other run, whose folder's name is greater, takes its journal back, or has published before it looks. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ofTwoRunsThatPublishAtTheSameTimeTheFirstWaits(boolean otherHasPublished) throws Exception {
        try (Publisher publisher = publisher(false)) {
            PublishTarget folder = publisher.addFolder("--output", directory + "/data/out");
            publisher.prepare();
            writeRows(folder);
            journal(1, "alive", new String(ProcessIdentity.current().content(), StandardCharsets.UTF_8));
            Path other = Files.move(
                    directory.resolve("data/" + DEAD + 1), directory.resolve("data/_batchnorm-" + "f".repeat(36)));
            Files.writeString(
                    other.resolve("journal.json"),
                    Files.readString(other.resolve("journal.json")).replace(RUN + 1, "f".repeat(36)));
            Thread ending = new Thread(() -> end(other, otherHasPublished));
            ending.start();
            if (otherHasPublished) {
                assertThatThrownBy(publisher::publish)
                        .hasMessageContaining("data/out exists")
                        .hasMessageEndingWith("nothing was changed");
            } else {
                assertThat(publisher.publish()).isEmpty();
            }
            ending.join();
        }
        assertThat(directory.resolve("data/out/part-0")).hasContent(otherHasPublished ? "other rows" : "new rows");
        assertThat(leftover(directory)).isEmpty();
    }

    private void end(Path other, boolean published) {
        try {
            Thread.sleep(200);
            if (published) {
                write(directory, Map.of("data/out/part-0", "other rows"));
            }
            FileUtils.deleteDirectory(other.toFile());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void twoDeadRunsOnOneTargetAreBothNamed() throws IOException {
        journal(1, "alive", ended());
        journal(2, "alive", ended());
        Map<String, String> before = files(directory);
        assertThatThrownBy(() -> recover("data/out", Recovery.Way.FINISH))
                .hasMessageContainingAll("several runs", DEAD + "1] and [", DEAD + "2]", "give a folder of the one");
        assertThat(files(directory)).isEqualTo(before);
        recover("data/" + DEAD + "1", Recovery.Way.FINISH);
        assertThatThrownBy(() -> recover("data/out", Recovery.Way.FINISH)).hasMessageContaining("out is there");
        recover("data/" + DEAD + "2", Recovery.Way.RESTORE, "no step leaves them");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TORN                   | is no JSON",
                "EMPTY                  | is no journal of a run",
                "HUGE                   | is larger than any journal",
                "\"version\" : 1 -> \"version\" : 2  | has version 2, and this program knows 1",
                "/data/out -> /etc/passwd           | names no output beside its folder",
                "/data/out -> /data/../out          | names no output beside its folder",
                "000001 -> 000002                   | is of another run",
                "\"option\" : \" -> \"option\" : \"\\u0007 | has a target that no run writes, number 1",
                "file: -> no-such-scheme:           | No FileSystem for scheme",
                "\"none\" -> \"linked\"             | has a target that no run writes, number 1",
                "\"path\" -> \"pfad\"               | has a target that no run writes, number 1",
            })
    void aJournalThatIsNotOneStopsRunsAndRecoveries(String change, String words) throws IOException {
        journal(1, "alive", ended());
        edit(text -> switch (change) {
            case "TORN" -> text.substring(0, text.length() / 2);
            case "EMPTY" -> "";
            case "HUGE" -> text + " ".repeat(1 << 20);
            default -> text.replace(change.split(" -> ", 2)[0], change.split(" -> ", 2)[1]);
        });
        Map<String, String> before = files(directory);
        assertRefused(words);
        recover("data/out", Recovery.Way.RESTORE, words);
        recover("data/" + DEAD + "1", Recovery.Way.FINISH, words);
        assertThat(files(directory)).isEqualTo(before);
    }

    /** What a journal says of other folders counts only if these have it, too. */
    @Test
    void aJournalCannotLeadToOtherFolders() throws IOException {
        write(directory, Map.of("etc/passwd", "secret", "etc/" + DEAD + "1/new-passwd", "of somebody else"));
        journal(1, "alive", ended(), target("etc/passwd", true, Journal.Old.MOVED), out());
        Map<String, String> before = files(directory);
        recover("data/out", Recovery.Way.FINISH, "there is nothing to finish");
        assertThat(files(directory)).isEqualTo(before);
        recover("data/out", Recovery.Way.RESTORE);
        assertThat(files(directory))
                .isEqualTo(Map.of("etc/passwd", "secret", "etc/" + DEAD + "1/new-passwd", "of somebody else"));
    }

    @Test
    void aJournalThatIsNotTheSameInAllFoldersIsRefused() throws IOException {
        write(directory, Map.of("etc/" + DEAD + "1/journal.json", "{}", "etc/" + DEAD + "1/new-passwd", "x"));
        write(directory, Map.of("etc/passwd", "secret"));
        journal(1, "alive", ended(), out(), target("etc/passwd", true, Journal.Old.MOVED));
        Map<String, String> before = files(directory);
        for (Recovery.Way way : Recovery.Way.values()) {
            recover("data/out", way, "with the same journal");
        }
        assertRefused("was being published by a run that was killed");
        assertThat(files(directory)).isEqualTo(before);
    }

    @Test
    void whatAppearedMeanwhileIsNotTouched() throws IOException {
        journal(1, "alive", ended());
        write(directory, Map.of("data/out/part-0", "theirs"));
        Map<String, String> before = files(directory);
        for (Recovery.Way way : Recovery.Way.values()) {
            recover(
                    "data/out",
                    way,
                    "old and new are where no step leaves them: file:" + directory + "/data/out is there, file:"
                            + directory + "/data/" + DEAD + "1/new-out (new) is there, file:" + directory + "/data/"
                            + DEAD + "1/old-out (old) is not there, and there was no old one. ");
        }
        assertThat(files(directory)).isEqualTo(before);
    }

    @Test
    void withoutAFolderOfARunNothingMoves() throws IOException {
        journal(
                1,
                "old-out/part-0",
                "old rows",
                target("data/out", false, Journal.Old.MOVED),
                target("gone/x", true, Journal.Old.NONE));
        Map<String, String> before = files(directory);
        for (Recovery.Way way : Recovery.Way.values()) {
            recover("data/out", way, "old and new are where no step leaves them: file:" + directory + "/gone/x ");
        }
        assertThat(files(directory)).isEqualTo(before);
    }

    /** A folder of a run that was to make data/out, with its journal and another file. */
    private void journal(int number, String name, String content) throws IOException {
        journal(number, name, content, out());
    }

    private void journal(int number, String name, String content, Journal.Target... targets) throws IOException {
        String folder = "data/" + DEAD + number + "/";
        byte[] journal = new Journal(RUN + number, List.of(targets)).content();
        write(
                directory,
                Map.of(
                        folder + "journal.json",
                        new String(journal, StandardCharsets.UTF_8),
                        folder + "new-out/part-0",
                        "new rows",
                        folder + name,
                        content));
    }

    private Journal.Target out() {
        return target("data/out", false, Journal.Old.NONE);
    }

    private Journal.Target target(String path, boolean file, Journal.Old old) {
        return new Journal.Target(
                "--output", new org.apache.hadoop.fs.Path("file:" + directory + "/" + path), file, old);
    }

    private void edit(UnaryOperator<String> change) throws IOException {
        java.nio.file.Path file = directory.resolve("data/" + DEAD + "1/journal.json");
        String before = Files.readString(file);
        String after = change.apply(before);
        assertThat(after).isNotEqualTo(before);
        Files.writeString(file, after);
    }

    private static String ended() {
        ProcessIdentity self = ProcessIdentity.current();
        return new String(
                new ProcessIdentity(self.host(), self.pid(), "1", self.machine()).content(), StandardCharsets.UTF_8);
    }

    private void assertRefused(String words) {
        for (boolean overwrite : new boolean[] {true, false}) {
            try (Publisher publisher = publisher(overwrite)) {
                assertThatThrownBy(() -> publisher.addFolder("--output", directory + "/data/out"))
                        .isInstanceOf(BatchNormException.class)
                        .hasMessageStartingWith("--output file:" + directory + "/data/out ")
                        .hasMessageContaining(words);
            }
        }
    }

    private void recover(String place, Recovery.Way way) {
        new Recovery(new Configuration(), console).recover(directory + "/" + place, way);
    }

    private void recover(String place, Recovery.Way way, String words) {
        assertThatThrownBy(() -> recover(place, way))
                .isInstanceOf(BatchNormException.class)
                .hasMessageContaining(words);
    }
}
