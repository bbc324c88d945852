package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
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
 * A folder or file that appears at its path complete or not at all. It is written in a hidden staging folder beside the
 * path; then the old one is moved aside into that folder, and the new one to the path. A link at the path stays, and
 * leads to the new one. A file that replaces a file, or a folder that replaces a folder, gets the mode of the old one,
 * and its owner and group where that is allowed.
 *
 * <p>A file system that keeps checksums beside files is bypassed: state files are edited by hand, and a stale checksum
 * would make them unreadable.
 */
public final class PublishTarget {
    private static final Logger LOG = LoggerFactory.getLogger(PublishTarget.class);

    /** The start of the names of staging folders. */
    static final String STAGING_PREFIX = "_batchnorm-";
    /** The start of the name of an old file or folder that is aside. */
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
     * Creates a target; writes nothing.
     *
     * @param option the option that names the path, for messages
     * @param file whether the target is a file, not a folder
     * @param replace whether an existing file or folder is replaced
     * @param stagingName the name of the staging folder
     * @throws IOException if the links at the path cannot be followed
     */
    PublishTarget(
            String option, String path, boolean file, boolean replace, String stagingName, Configuration configuration)
            throws IOException {
        this.option = option;
        this.file = file;
        this.replace = replace;
        this.target = HadoopFiles.resolve(new Path(path), configuration);
        this.fileSystem = HadoopFiles.fileSystem(target, configuration);
        Path parent = target.getParent();
        if (parent == null) {
            throw new UsageException(option + " is " + path + ", the root of a file system; give a place below it");
        }
        this.staging = new Path(parent, stagingName);
        this.checksum = new Path(parent, "." + target.getName() + ".crc");
    }

    /** The final path, with links followed. */
    Path target() {
        return target;
    }

    /** The staging folder beside the final path. */
    Path staging() {
        return staging;
    }

    /** The path in the staging folder to write to. */
    public Path staged() {
        return new Path(staging, "new-" + target.getName());
    }

    /** The path of the old one while the new one is moved. */
    Path aside() {
        return new Path(staging, ASIDE_PREFIX + target.getName());
    }

    FileSystem fileSystem() {
        return fileSystem;
    }

    /** The target in words, such as {@code --output PATH}. */
    String description() {
        return option + " " + target;
    }

    /** Writes the staged file. */
    void write(Content content) throws IOException {
        try (OutputStream out = new BufferedOutputStream(fileSystem.create(staged(), false))) {
            content.writeTo(out);
        }
    }

    /**
     * Checks that nothing at the final path forbids to publish.
     *
     * @throws BatchNormException if a folder is where a file will be, or something that must not be replaced
     */
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
     * Moves the old one aside, and the staged one to the final path.
     *
     * @param last whether this is the last target of a run, which never has to be put back
     */
    void moveIn(boolean last) throws IOException {
        checkFree();
        FileStatus old = status(target);
        if (old != null && old.isDirectory() == !file) {
            FileRights.copy(fileSystem, target, staged());
        }
        if (last && file && fileSystem instanceof RawLocalFileSystem local) {
            // rename(2) replaces a file in one step: at no moment is there none.
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

    /** Undoes {@link #moveIn}, even if it stopped half way. */
    void putBack() throws IOException {
        // If the staged one is gone, it is at the final path; if it is still staged, something else is there.
        if (movingIn && status(staged()) == null && status(target) != null) {
            rename(target, staged());
        }
        movingIn = false;
        if (movingAside && status(aside()) != null) {
            rename(aside(), target);
        }
        movingAside = false;
    }

    /** Deletes the checksum of the replaced file, which a file system with checksums may have left. */
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
        // Renaming to an existing folder would move into that folder.
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

    /** The content of a file. */
    @FunctionalInterface
    public interface Content {
        /** Writes all bytes. */
        void writeTo(OutputStream out) throws IOException;
    }
}
