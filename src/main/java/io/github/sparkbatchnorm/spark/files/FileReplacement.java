package io.github.sparkbatchnorm.spark.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that was written beside another takes its place: at once on the local file system and on HDFS; on other stores
 * a reader may find no file for a moment.
 */
public final class FileReplacement {
    private static final Logger LOG = LoggerFactory.getLogger(FileReplacement.class);

    private FileReplacement() {}

    /**
     * The file system of a path.
     *
     * @param path a path or address
     * @param configuration the settings of Hadoop's file systems
     * @return the file system; where it keeps checksums beside files, the one below it
     * @throws IOException if there is no such file system
     */
    public static FileSystem withoutChecksums(Path path, Configuration configuration) throws IOException {
        FileSystem found = path.getFileSystem(configuration);
        return found instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : found;
    }

    /**
     * A new hidden name in the folder of a file. It is as long for each file, so that no name of a file is too long for
     * this.
     *
     * @param file the file
     * @param extension tells what the hidden file is
     * @return the path; nothing is there
     */
    public static Path hiddenBeside(Path file, String extension) {
        return new Path(file.getParent(), "." + UUID.randomUUID() + "." + extension);
    }

    /**
     * Moves a file to a place where another may be.
     *
     * @param fileSystem of both, {@linkplain #withoutChecksums without checksums}
     * @param from the new file; its content is complete
     * @param to where it goes; with the address of its file system
     * @param configuration the settings of Hadoop's file systems
     * @throws IOException if that fails; the old file is in its place still, or the message names where it is
     */
    public static void move(FileSystem fileSystem, Path from, Path to, Configuration configuration) throws IOException {
        if (fileSystem instanceof RawLocalFileSystem local) {
            // Hadoop's own rename deletes the old file first here.
            Files.move(local.pathToFile(from).toPath(), local.pathToFile(to).toPath(), StandardCopyOption.ATOMIC_MOVE);
            // The checksums of an old file that was written with them.
            fileSystem.delete(new Path(to.getParent(), "." + to.getName() + ".crc"), false);
            return;
        }
        FileContext context;
        try {
            context = FileContext.getFileContext(to.toUri(), configuration);
        } catch (UnsupportedFileSystemException e) {
            moveInSteps(fileSystem, from, to);
            return;
        }
        context.rename(from, to, Rename.OVERWRITE);
    }

    /** For file systems that cannot rename to a file that is there. */
    private static void moveInSteps(FileSystem fileSystem, Path from, Path to) throws IOException {
        if (!fileSystem.exists(to)) {
            rename(fileSystem, from, to);
            return;
        }
        Path old = hiddenBeside(to, "old");
        rename(fileSystem, to, old);
        try {
            rename(fileSystem, from, to);
        } catch (IOException | RuntimeException e) {
            try {
                rename(fileSystem, old, to);
            } catch (IOException | RuntimeException lost) {
                e.addSuppressed(lost);
                throw new IOException("the old file is " + old + " now, since it cannot be moved back to " + to, e);
            }
            throw e;
        }
        try {
            fileSystem.delete(old, false);
        } catch (IOException | RuntimeException e) {
            LOG.warn("the new file is in its place; the old one could not be deleted: {}", old, e);
        }
    }

    private static void rename(FileSystem fileSystem, Path from, Path to) throws IOException {
        boolean done;
        try {
            done = fileSystem.rename(from, to);
        } catch (IOException | RuntimeException e) {
            // What counts is what is there: an answer can get lost.
            if (fileSystem.exists(from) || !fileSystem.exists(to)) {
                throw e;
            }
            return;
        }
        if (!done) {
            throw new IOException("the file system did not rename " + from + " to " + to);
        }
    }
}
