package io.github.sparkbatchnorm.jobs.publish;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one new output to its place, and back. How far it is shows in what is where, so that each step can be the
 * last of a process and another process goes on.
 */
final class Replacement {
    private static final Logger LOG = LoggerFactory.getLogger(Replacement.class);

    private final Journal.Target what;
    private final StagingFolder folder;
    private final FileSystem fileSystem;
    private final Path target;
    private final Path staged;
    private final Path aside;
    private boolean begun;

    Replacement(Journal.Target what, StagingFolder folder) {
        this.what = what;
        this.folder = folder;
        this.fileSystem = folder.fileSystem();
        this.target = what.path();
        this.staged = folder.at(StagingFolder.NEW + target.getName());
        this.aside = folder.at(StagingFolder.OLD + target.getName());
    }

    /** Where the old and the new output are. */
    enum Position {
        /** The old one, if any, is in its place, and the new one is staged. */
        WAITING,
        /** The old one has a second name aside, and the new one is staged. */
        LINKED,
        /** The old one is aside, and the new one is staged. */
        ASIDE,
        /** The new one is in its place, and the old one, if any, is aside. */
        DONE,
        /** No step leaves it so. */
        UNCLEAR
    }

    Path target() {
        return target;
    }

    StagingFolder folder() {
        return folder;
    }

    Journal.Old old() {
        return what.old();
    }

    Position position() throws IOException {
        boolean isThere = exists(target);
        boolean isStaged = exists(staged);
        boolean isAside = exists(aside);
        boolean hadOld = what.old() != Journal.Old.NONE;
        if (isStaged && !isAside && isThere == hadOld) {
            return Position.WAITING;
        }
        if (isAside != hadOld) {
            return Position.UNCLEAR;
        }
        if (isThere != isStaged) {
            return isThere ? Position.DONE : Position.ASIDE;
        }
        return isThere && what.old() == Journal.Old.LINKED && isLinked() ? Position.LINKED : Position.UNCLEAR;
    }

    /** Puts the new one in its place, from wherever it is. */
    void forward() throws IOException {
        for (Position at = position(); at != Position.DONE; at = moved(at)) {
            switch (at) {
                case WAITING -> leave();
                case LINKED -> move(staged, target, StandardCopyOption.REPLACE_EXISTING);
                case ASIDE -> rename(staged, target);
                default -> throw new IOException(unclear());
            }
        }
    }

    /** Puts the old one back, from wherever it is, and the new one into the staging folder. */
    void back() throws IOException {
        for (Position at = position(); at != Position.WAITING; at = moved(at)) {
            switch (at) {
                case DONE -> rename(target, staged);
                case LINKED -> folder.remove(aside.getName());
                case ASIDE -> rename(aside, target);
                default -> throw new IOException(unclear());
            }
        }
    }

    /** Undoes {@link #forward} of this process, even if it stopped half way. */
    void undo() throws IOException {
        // What something else did before the first step is not ours to judge.
        if (begun) {
            back();
        }
    }

    /** The first step. */
    private void leave() throws IOException {
        switch (what.old()) {
            case NONE -> rename(staged, target);
            case MOVED -> rename(target, aside);
            case LINKED -> link();
        }
    }

    private void link() throws IOException {
        begun = true;
        try {
            Files.createLink(local(aside), local(target));
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("a copy in place of a link to {}", target, e);
            Path copy = folder.at("copy-" + target.getName());
            Files.copy(
                    local(target),
                    local(copy),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.COPY_ATTRIBUTES);
            move(copy, aside);
        }
    }

    /** The old file aside is the one in its place: nothing else has come there. */
    private boolean isLinked() throws IOException {
        return Files.isRegularFile(local(target))
                && (Files.isSameFile(local(aside), local(target)) || Files.mismatch(local(aside), local(target)) < 0);
    }

    private Position moved(Position before) throws IOException {
        Position now = position();
        if (now == before) {
            throw new IOException("the file system did not rename what belongs to " + target);
        }
        return now;
    }

    private void rename(Path from, Path to) throws IOException {
        // Renaming to an existing folder would move into that folder.
        if (exists(to)) {
            throw new IOException(to + " appeared meanwhile");
        }
        begun = true;
        if (!fileSystem.rename(from, to)) {
            throw new IOException("the file system did not rename " + from + " to " + to);
        }
    }

    /** In one step: at no moment is there nothing. */
    private void move(Path from, Path to, StandardCopyOption... options) throws IOException {
        begun = true;
        List<StandardCopyOption> all = new ArrayList<>(List.of(options));
        all.add(StandardCopyOption.ATOMIC_MOVE);
        Files.move(local(from), local(to), all.toArray(StandardCopyOption[]::new));
    }

    private java.nio.file.Path local(Path path) throws IOException {
        if (fileSystem instanceof RawLocalFileSystem local) {
            return local.pathToFile(path).toPath();
        }
        throw new IOException(path + " is on a file system without links");
    }

    /** What is where, in words, when no step leaves it so. */
    String unclear() throws IOException {
        return "old and new are where no step leaves them: "
                + target + (exists(target) ? " is there, " : " is not there, ")
                + staged + (exists(staged) ? " (new) is there, " : " (new) is not there, ")
                + aside + (exists(aside) ? " (old) is there" : " (old) is not there")
                + (what.old() == Journal.Old.NONE ? ", and there was no old one" : "");
    }

    private boolean exists(Path path) throws IOException {
        return HadoopFiles.status(fileSystem, path) != null;
    }

    /** Deletes the checksum of the replaced file, which a file system with checksums may have left. */
    void deleteStaleChecksum() {
        if (what.file() && fileSystem instanceof RawLocalFileSystem) {
            Path checksum = new Path(target.getParent(), "." + target.getName() + ".crc");
            try {
                fileSystem.delete(checksum, false);
            } catch (IOException e) {
                LOG.warn("could not delete {}; Hadoop's own readers may refuse {}", checksum, target, e);
            }
        }
    }
}
