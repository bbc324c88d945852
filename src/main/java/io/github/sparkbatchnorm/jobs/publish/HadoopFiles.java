package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.spark.files.FileReplacement;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Access to files on Hadoop's file systems; no checksum files are written or read on the local one. */
public final class HadoopFiles {
    private static final Logger LOG = LoggerFactory.getLogger(HadoopFiles.class);

    private HadoopFiles() {}

    /**
     * The file system of a path.
     *
     * @param path a path or address
     * @param configuration the settings of Hadoop's file systems
     * @return the file system; where it keeps checksums beside files, the one below it
     * @throws IOException if there is no such file system
     */
    public static FileSystem fileSystem(Path path, Configuration configuration) throws IOException {
        return FileReplacement.withoutChecksums(path, configuration);
    }

    /**
     * The place that a path means. On the local file system all links are followed, also to things that do not exist
     * yet.
     *
     * @param path a path or address
     * @param configuration the settings of Hadoop's file systems
     * @return the place, with the address of its file system
     * @throws IOException if links lead round in a circle, or a folder above cannot be entered
     */
    public static Path resolve(Path path, Configuration configuration) throws IOException {
        FileSystem fileSystem = fileSystem(path, configuration);
        Path qualified = fileSystem.makeQualified(path);
        return fileSystem instanceof RawLocalFileSystem local
                ? fileSystem.makeQualified(
                        new Path(real(local.pathToFile(qualified).toPath()).toString()))
                : qualified;
    }

    /**
     * A place that equals each other spelling of it, also with and without the port of HDFS. It is for comparing only:
     * files are read and written at {@link #resolve}.
     *
     * @param path a path or address
     * @param configuration the settings of Hadoop's file systems
     * @return the place
     * @throws IOException as {@link #resolve}
     */
    public static Path identity(Path path, Configuration configuration) throws IOException {
        Path place = resolve(path, configuration);
        String service = "hdfs".equals(place.toUri().getScheme())
                ? fileSystem(path, configuration).getCanonicalServiceName()
                : null;
        return service == null ? place : new Path("hdfs", service, place.toUri().getPath());
    }

    private static java.nio.file.Path real(java.nio.file.Path path) throws IOException {
        try {
            return path.toRealPath();
        } catch (NoSuchFileException e) {
            java.nio.file.Path parent = path.getParent();
            if (parent == null) {
                throw e;
            }
            java.nio.file.Path here = real(parent).resolve(path.getFileName());
            return Files.isSymbolicLink(here) ? real(here.resolveSibling(Files.readSymbolicLink(here))) : here;
        }
    }

    /**
     * Makes a folder and those above it that are not there.
     *
     * @param fileSystem of the folder
     * @param folder to make; may be there already
     * @throws IOException saying why it cannot be made
     */
    public static void makeFolder(FileSystem fileSystem, Path folder) throws IOException {
        if (fileSystem.mkdirs(folder)) {
            return;
        }
        if (fileSystem instanceof RawLocalFileSystem local) {
            // Hadoop's answer is no more than false; Java's is an exception with the reason.
            Files.createDirectories(local.pathToFile(folder).toPath());
        } else {
            throw new IOException("the file system did not make the folder " + folder);
        }
    }

    /**
     * Looks a path up.
     *
     * @param fileSystem of the path
     * @param path to look up
     * @return the status of the file or folder; null if there is none
     * @throws IOException if the file system does not answer
     */
    public static @Nullable FileStatus status(FileSystem fileSystem, Path path) throws IOException {
        try {
            return fileSystem.getFileStatus(path);
        } catch (FileNotFoundException e) {
            return null;
        }
    }

    /**
     * Deletes a path and everything below it.
     *
     * @param fileSystem of the path
     * @param path to delete; need not be there
     * @return whether nothing is there any more
     */
    public static boolean delete(FileSystem fileSystem, Path path) {
        try {
            fileSystem.delete(path, true);
        } catch (IOException | RuntimeException e) {
            LOG.debug("deleting {}", path, e);
        }
        try {
            // What counts is what is there: an answer can get lost.
            return status(fileSystem, path) == null;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /**
     * Tells whether a folder may have something in it.
     *
     * @param fileSystem of the folder
     * @param folder need not be there
     * @return false only if it is certain that there is nothing
     */
    public static boolean isUsed(FileSystem fileSystem, Path folder) {
        try {
            return status(fileSystem, folder) != null && fileSystem.listStatus(folder).length > 0;
        } catch (IOException | RuntimeException e) {
            return true;
        }
    }

    /** Whether a path is in a folder, at any depth. */
    public static boolean contains(Path outer, Path inner) {
        for (Path p = inner.getParent(); p != null; p = p.getParent()) {
            if (p.equals(outer)) {
                return true;
            }
        }
        return false;
    }
}
