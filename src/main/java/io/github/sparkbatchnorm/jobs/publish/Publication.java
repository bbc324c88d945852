package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The steps in which a run publishes its outputs, each of which can be the last of its process: the journal in all
 * staging folders, which begins it; the moves, in order; the mark {@value StagingFolder#PUBLISHED} in all folders; and
 * only then the deletion of what was replaced. Back go the moves in reverse order, then all journals, which ends it,
 * and then the deletion of what was new.
 */
final class Publication {
    private static final String UNFINISHED_JOURNAL = "journal.new";
    private static final byte[] NOTHING = {};

    private final byte[] content;
    private final List<Replacement> replacements = new ArrayList<>();
    private final List<StagingFolder> folders;

    /** @throws IOException if a file system is not there */
    Publication(Journal journal, Configuration configuration) throws IOException {
        this.content = journal.content();
        Map<Path, StagingFolder> byPath = new LinkedHashMap<>();
        for (Journal.Target target : journal.targets()) {
            Path path = journal.staging(target);
            byPath.put(path, new StagingFolder(path, HadoopFiles.fileSystem(path, configuration)));
            replacements.add(new Replacement(target, Objects.requireNonNull(byPath.get(path))));
        }
        this.folders = List.copyOf(byPath.values());
    }

    /** How far a publication is. */
    enum Phase {
        /** Not all folders have the journal, and every old output is in its place. */
        NOT_BEGUN,
        BEGUN,
        /** All new outputs are in their places, and old ones may be deleted already. */
        PUBLISHED,
        /** A folder has gone, or is of something else. */
        BROKEN
    }

    List<Replacement> replacements() {
        return replacements;
    }

    List<StagingFolder> folders() {
        return folders;
    }

    /** How far it is. */
    Phase phase() throws IOException {
        int journals = 0;
        int marked = 0;
        int there = 0;
        for (StagingFolder folder : folders) {
            there += folder.exists() ? 1 : 0;
            byte[] found = Journal.content(folder);
            if (found == null) {
                continue;
            }
            if (!Arrays.equals(found, content)) {
                return Phase.BROKEN;
            }
            journals++;
            marked += folder.has(StagingFolder.PUBLISHED) ? 1 : 0;
        }
        if (journals > 0 && marked == journals) {
            return Phase.PUBLISHED;
        }
        if (there == folders.size()) {
            return journals == there ? Phase.BEGUN : Phase.NOT_BEGUN;
        }
        // A folder goes before the others' journals only where nothing was moved, or everything is back.
        return isWaiting() ? Phase.NOT_BEGUN : Phase.BROKEN;
    }

    /** Whether every old output whose folder is there is in its place, and the new one is not. */
    private boolean isWaiting() throws IOException {
        for (Replacement replacement : replacements) {
            if (replacement.folder().exists() && replacement.position() != Replacement.Position.WAITING) {
                return false;
            }
        }
        return true;
    }

    /** Writes the journals: from the last one on, another process can go on. */
    void begin() throws IOException {
        for (StagingFolder folder : folders) {
            folder.write(UNFINISHED_JOURNAL, content);
            if (!folder.fileSystem().rename(folder.at(UNFINISHED_JOURNAL), folder.at(StagingFolder.JOURNAL))) {
                throw new IOException("the file system did not rename " + folder.at(UNFINISHED_JOURNAL));
            }
        }
    }

    /** Marks that everything is in its place: from the last mark on, there is no way back. */
    void mark() throws IOException {
        for (StagingFolder folder : folders) {
            folder.write(StagingFolder.PUBLISHED, NOTHING);
        }
    }

    /** Deletes marks that are not in all folders, before anything moves back. */
    void unmark() throws IOException {
        for (StagingFolder folder : folders) {
            folder.remove(StagingFolder.PUBLISHED);
        }
    }

    /** Deletes the journals: from the first one on, nothing has to be put back any more. */
    void withdraw() throws IOException {
        for (StagingFolder folder : folders) {
            folder.remove(StagingFolder.JOURNAL);
        }
    }

    /**
     * Takes back what this process did, up to the first step that fails.
     *
     * @param cause takes that failure
     * @return what could not be taken back, in words; empty if everything is as it was, and the journals are gone
     */
    String undo(Exception cause) {
        String what = "the old ones could not be put back";
        try {
            unmark();
            for (int i = replacements.size() - 1; i >= 0; i--) {
                what = "the old " + replacements.get(i).target() + " could not be put back";
                replacements.get(i).undo();
            }
            what = "everything is as it was, but the journal could not be taken away";
            withdraw();
            return "";
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
            return what + " (" + ErrorLine.reason(e) + ")";
        }
    }

    /**
     * Deletes the folders, with the old outputs.
     *
     * @return those that are still there
     */
    List<Path> deletePublished() {
        replacements.forEach(Replacement::deleteStaleChecksum);
        return folders.stream()
                .filter(folder -> !folder.deletePublished())
                .map(StagingFolder::path)
                .toList();
    }

    /** @throws BatchNormException if an output is where no step leaves it */
    void requireClear() throws IOException {
        List<String> unclear = new ArrayList<>();
        for (Replacement replacement : replacements) {
            if (replacement.position() == Replacement.Position.UNCLEAR) {
                unclear.add(replacement.unclear());
            }
        }
        if (!unclear.isEmpty()) {
            throw new BatchNormException(String.join("; ", unclear)
                    + ". Something else changed them, or the store left parts of a copy; nothing was changed now: look at"
                    + " all of them, and put what you keep in its place by hand");
        }
    }
}
