package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.files.FileReplacement;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

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
        FileSystem fileSystem = FileReplacement.withoutChecksums(path, configuration);
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
        FileSystem fileSystem = FileReplacement.withoutChecksums(given, configuration);
        Path target = fileSystem.makeQualified(given);
        if (fileSystem.exists(target) && fileSystem.getFileStatus(target).isDirectory()) {
            throw new IOException(place + " is a folder; expected a file, or nothing");
        }
        Path part = FileReplacement.hiddenBeside(target, "part");
        try {
            try (OutputStream out = fileSystem.create(part, false)) {
                write(state, out);
            }
            FileReplacement.move(fileSystem, part, target, configuration);
        } catch (IOException | RuntimeException e) {
            deleteAfter(e, fileSystem, part);
            throw e;
        }
    }

    private static void deleteAfter(Exception failure, FileSystem fileSystem, Path path) {
        try {
            fileSystem.delete(path, false);
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }
}
