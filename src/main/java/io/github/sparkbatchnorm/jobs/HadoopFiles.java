package io.github.sparkbatchnorm.jobs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Access to files on Hadoop's file systems, without the checksum files of the local one. */
final class HadoopFiles {
    private HadoopFiles() {}

    /** The file system of a path; of one that keeps checksums beside files, the one below. */
    static FileSystem fileSystem(Path path, Configuration configuration) throws IOException {
        FileSystem found = path.getFileSystem(configuration);
        return found instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : found;
    }

    /** What is at a path; null if nothing is. */
    static @Nullable FileStatus status(FileSystem fileSystem, Path path) throws IOException {
        try {
            return fileSystem.getFileStatus(path);
        } catch (FileNotFoundException e) {
            return null;
        }
    }

    /** The text of a small file. */
    static String read(Path path, Configuration configuration) throws IOException {
        try (FSDataInputStream in = fileSystem(path, configuration).open(path)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
