package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.state.HadoopFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder or file that is to appear at its place complete or not at all: it is written in a hidden staging folder
 * beside its place, then the old one is moved aside into that folder and the new one in. A link at the place stays, and
 * leads to the new one. What replaces something of its kind gets its mode, and owner and group where that is allowed.
 *
 * <p>On a file system that keeps checksums beside files, the one below it is used: state files are edited by hand, and
 * a stale checksum would make them unreadable.
 */
public final class PublishTarget {
    private static final Logger LOG = LoggerFactory.getLogger(PublishTarget.class);

    /** How the names of hidden folders begin. */
    static final String STAGING_PREFIX = "_batchnorm-";
    /** What stands before a target's name while the old one is aside. */
    static final String ASIDE_PREFIX = "old-";

    private final String option;
    private final boolean file;
    private final boolean replace;
    private final FileSystem fileSystem;
    private final Path target;
    private final Path staging;
    private final Path checksum;
    private boolean movingAside;
    private boolean movingIn;

    /**
     * @param option the option that names the place, for messages
     * @param file whether it is a file, not a folder
     * @param replace whether one that exists is replaced
     * @param stagingName name of the hidden folder
     */
    PublishTarget(
            String option, String place, boolean file, boolean replace, String stagingName, Configuration configuration)
            throws IOException {
        this.option = option;
        this.file = file;
        this.replace = replace;
        this.target = HadoopFiles.resolve(new Path(place), configuration);
        this.fileSystem = HadoopFiles.fileSystem(target, configuration);
        Path parent = target.getParent();
        if (parent == null) {
            throw new UsageException(option + " is " + place + ", the root of a file system; give a place below it");
        }
        this.staging = new Path(parent, stagingName);
        this.checksum = new Path(parent, "." + target.getName() + ".crc");
    }

    /** Where it will be: behind all links. */
    Path target() {
        return target;
    }

    /** The hidden folder beside the target. */
    Path staging() {
        return staging;
    }

    /** Where it is to be written first. */
    public Path staged() {
        return new Path(staging, "new-" + target.getName());
    }

    /** Where the old one is while the new one moves in. */
    Path aside() {
        return new Path(staging, ASIDE_PREFIX + target.getName());
    }

    FileSystem fileSystem() {
        return fileSystem;
    }

    /** {@code --output PATH}, for messages. */
    String description() {
        return option + " " + target;
    }

    /** Writes the staged file. */
    void write(Content content) throws IOException {
        try (OutputStream out = new BufferedOutputStream(fileSystem.create(staged(), false))) {
            content.writeTo(out);
        }
    }

    /** @throws BatchNormException if something that must not be replaced is at the target */
    void checkFree() throws IOException {
        FileStatus old = status(target);
        if (old == null) {
            return;
        }
        if (file && old.isDirectory()) {
            throw new BatchNormException(description() + " is a folder; give the name of a file");
        }
        if (!replace) {
            throw new BatchNormException(description() + " exists; give another place, or --overwrite to replace it");
        }
    }

    /**
     * Moves the staged one to its place, and what is there aside.
     *
     * @param last whether nothing is published after it, so that it never has to be put back
     */
    void moveIn(boolean last) throws IOException {
        checkFree();
        FileStatus old = status(target);
        if (old != null && old.isDirectory() == !file) {
            FileRights.copy(fileSystem, target, staged());
        }
        if (last && file && fileSystem instanceof RawLocalFileSystem local) {
            // rename(2) replaces a file in one step: there is no moment without one.
            Files.move(
                    local.pathToFile(staged()).toPath(),
                    local.pathToFile(target).toPath(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return;
        }
        if (old != null) {
            movingAside = true;
            rename(target, aside());
        }
        movingIn = true;
        rename(staged(), target);
    }

    /** Undoes {@link #moveIn}, however far it came. */
    void putBack() throws IOException {
        // A staged one that is gone went to the target; where it is still there, the target is not ours.
        if (movingIn && status(staged()) == null && status(target) != null) {
            rename(target, staged());
        }
        movingIn = false;
        if (movingAside && status(aside()) != null) {
            rename(aside(), target);
        }
        movingAside = false;
    }

    /** Deletes what a file system with checksums left beside the file that was replaced. */
    void deleteStaleChecksum() {
        if (file && fileSystem instanceof RawLocalFileSystem) {
            try {
                fileSystem.delete(checksum, false);
            } catch (IOException e) {
                LOG.warn("could not delete {}; Hadoop's own readers may refuse {}", checksum, target, e);
            }
        }
    }

    private void rename(Path from, Path to) throws IOException {
        // A folder that is there would take the other one in, below it.
        if (status(to) != null) {
            throw new IOException(to + " appeared meanwhile");
        }
        if (!fileSystem.rename(from, to)) {
            throw new IOException("the file system did not rename " + from + " to " + to);
        }
    }

    private @Nullable FileStatus status(Path path) throws IOException {
        return HadoopFiles.status(fileSystem, path);
    }

    /** Writes the bytes of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
