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

/**
 * State files on any of Hadoop's file systems. A place is a path or address of Hadoop's; a relative path is below the
 * working directory. No checksum file is written beside a state, and none is read: a state may be edited by hand.
 */
public final class StateFiles {
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
        try (FSDataInputStream in = withoutChecksums(path, configuration).open(path)) {
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
     * Writes a state to a file. A file that is there is replaced when the new one is complete: at once where the file
     * system renames at once, as the local one and HDFS do. A failure leaves the old file as it is.
     *
     * @param state to write
     * @param place of the file; the folders above it are made
     * @param configuration the settings of Hadoop's file systems
     * @throws IOException if the file cannot be written
     */
    public static void write(BatchNormState state, String place, Configuration configuration) throws IOException {
        Path target = new Path(place);
        FileSystem fileSystem = withoutChecksums(target, configuration);
        if (fileSystem.exists(target) && fileSystem.getFileStatus(target).isDirectory()) {
            throw new IOException(place + " is a folder; expected a file or nothing");
        }
        Path parent = fileSystem.makeQualified(target).getParent();
        Path part = new Path(parent, "." + target.getName() + "." + UUID.randomUUID() + ".part");
        try {
            try (OutputStream out = fileSystem.create(part, false)) {
                write(state, out);
            }
            replace(fileSystem, part, fileSystem.makeQualified(target), configuration);
        } finally {
            fileSystem.delete(part, false); // not there any more if all went well
        }
    }

    private static void replace(FileSystem fileSystem, Path from, Path to, Configuration configuration)
            throws IOException {
        try {
            FileContext.getFileContext(to.toUri(), configuration).rename(from, to, Rename.OVERWRITE);
        } catch (UnsupportedFileSystemException e) {
            // A file system that Hadoop's newer interface does not know: not at once, but never half a file.
            fileSystem.delete(to, false);
            if (!fileSystem.rename(from, to)) {
                throw new IOException("the file system did not rename " + from + " to " + to);
            }
        }
    }

    private static FileSystem withoutChecksums(Path path, Configuration configuration) throws IOException {
        FileSystem found = path.getFileSystem(configuration);
        return found instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : found;
    }
}
