package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.jspecify.annotations.Nullable;

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
    private final String option;
    private final boolean file;
    private final boolean replace;
    private final FileSystem fileSystem;
    private final Path target;
    private final Path parent;
    private final Path staging;

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
        Path above = target.getParent();
        if (above == null) {
            throw new UsageException(option + " is " + path + ", the root of a file system; give a place below it");
        }
        this.staging = new Path(above, stagingName);
        this.parent = above;
    }

    /** The final path, with links followed. */
    Path target() {
        return target;
    }

    /** The folder that the final path is in. */
    Path parent() {
        return parent;
    }

    /** The staging folder beside the final path. */
    StagingFolder staging() {
        return new StagingFolder(staging, fileSystem);
    }

    /** The path in the staging folder to write to. */
    public Path staged() {
        return new Path(staging, StagingFolder.NEW + target.getName());
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
     * Gives the staged one the rights of the old one, and tells how it will take its place.
     *
     * @param last whether this is the last target of a run
     * @throws BatchNormException as {@link #checkFree}
     * @throws IOException if nothing is staged
     */
    Journal.Target ready(boolean last) throws IOException {
        checkFree();
        if (status(staged()) == null) {
            throw new IOException("nothing was written to " + staged());
        }
        FileStatus current = status(target);
        if (current != null && current.isDirectory() == !file) {
            FileRights.copy(fileSystem, target, staged());
        }
        return new Journal.Target(option, target, file, current == null ? Journal.Old.NONE : wayOfOld(last));
    }

    private Journal.Old wayOfOld(boolean last) {
        // rename(2) replaces a file in one step: at no moment is there none.
        return last
                        && file
                        && fileSystem instanceof RawLocalFileSystem local
                        && isReadableFile(local.pathToFile(target).toPath())
                ? Journal.Old.LINKED
                : Journal.Old.MOVED;
    }

    private static boolean isReadableFile(java.nio.file.Path path) {
        return Files.isRegularFile(path) && Files.isReadable(path);
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
