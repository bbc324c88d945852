package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * State files on any of Hadoop's file systems. A place is a path or address of Hadoop's; a relative path is below the
 * working directory. No checksum file is written beside a state, and none is read: a state may be edited by hand.
 */
public final class StateFiles {
    private static final Logger LOG = LoggerFactory.getLogger(StateFiles.class);

    private StateFiles() {}

    /**
     * Reads a state.
     *
     * @param place of the file
     * @param configuration the settings of Hadoop's file systems
     * @return the state
     * @throws FileNotFoundException if the place does not exist or is no file
     * @throws IOException if the file cannot be read
     * @throws BatchNormException if the file holds no valid state
     */
    public static BatchNormState read(String place, Configuration configuration) throws IOException {
        Path path = new Path(place);
        FileSystem fileSystem = withoutChecksums(path, configuration);
        if (!fileSystem.exists(path) || fileSystem.getFileStatus(path).isDirectory()) {
            throw new FileNotFoundException(place + (fileSystem.exists(path) ? " is a folder" : ": no such file")
                    + "; expected a state file of spark-batchnorm");
        }
        try (FSDataInputStream in = fileSystem.open(path)) {
            return StateJson.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), place);
        }
    }

    /**
     * Writes a state to a stream.
     *
     * @param state to write
     * @param out stays open
     * @throws IOException if the stream cannot be written
     */
    public static void write(BatchNormState state, OutputStream out) throws IOException {
        out.write(StateJson.write(state).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes a state to a file. A file that is there is replaced when the new one is complete: at once on the local
     * file system and on HDFS; on others a reader may find no file for a moment. A failure leaves the old file.
     *
     * @param state to write
     * @param place of the file; the folders above it are made
     * @param configuration the settings of Hadoop's file systems
     * @throws IOException if the file cannot be written
     */
    public static void write(BatchNormState state, String place, Configuration configuration) throws IOException {
        Path given = new Path(place);
        FileSystem fileSystem = withoutChecksums(given, configuration);
        Path target = fileSystem.makeQualified(given);
        if (fileSystem.exists(target) && fileSystem.getFileStatus(target).isDirectory()) {
            throw new IOException(place + " is a folder; expected a file, or nothing");
        }
        Path part = hidden(target, "part");
        try {
            try (OutputStream out = fileSystem.create(part, false)) {
                write(state, out);
            }
            replace(fileSystem, part, target, configuration);
        } catch (IOException | RuntimeException e) {
            deleteAfter(e, fileSystem, part);
            throw e;
        }
    }

    private static Path hidden(Path target, String extension) {
        return new Path(target.getParent(), "." + target.getName() + "." + UUID.randomUUID() + "." + extension);
    }

    private static void deleteAfter(Exception failure, FileSystem fileSystem, Path path) {
        try {
            fileSystem.delete(path, false);
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private static void replace(FileSystem fileSystem, Path from, Path to, Configuration configuration)
            throws IOException {
        FileContext context;
        try {
            context = FileContext.getFileContext(to.toUri(), configuration);
        } catch (UnsupportedFileSystemException e) {
            replaceByMoves(fileSystem, from, to);
            return;
        }
        context.rename(from, to, Rename.OVERWRITE);
    }

    /** For file systems that cannot rename to a file that is there. */
    private static void replaceByMoves(FileSystem fileSystem, Path from, Path to) throws IOException {
        if (!fileSystem.exists(to)) {
            rename(fileSystem, from, to);
            return;
        }
        Path old = hidden(to, "old");
        rename(fileSystem, to, old);
        try {
            rename(fileSystem, from, to);
        } catch (IOException | RuntimeException e) {
            try {
                rename(fileSystem, old, to);
            } catch (IOException | RuntimeException lost) {
                e.addSuppressed(lost);
                throw new IOException("the old state is " + old + " now, since it cannot be moved back to " + to, e);
            }
            throw e;
        }
        try {
            fileSystem.delete(old, false);
        } catch (IOException | RuntimeException e) {
            LOG.warn("the new state is in its place; the old one could not be deleted: {}", old, e);
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

    private static FileSystem withoutChecksums(Path path, Configuration configuration) throws IOException {
        FileSystem found = path.getFileSystem(configuration);
        return found instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : found;
    }
}
