package io.github.sparkbatchnorm.jobs;

import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what is to replace a file or folder the rights of the old one: its mode, and its owner and group as far as this
 * user may set them.
 *
 * <p>Local files are asked through {@code java.nio}: without its native library Hadoop starts a process for each of
 * these questions.
 */
final class FileRights {
    private static final Logger LOG = LoggerFactory.getLogger(FileRights.class);

    private FileRights() {}

    /** @throws IOException if the new one cannot get the old one's mode */
    static void copy(FileSystem fileSystem, Path old, Path replacement) throws IOException {
        if (fileSystem instanceof RawLocalFileSystem local) {
            copyLocal(
                    local.pathToFile(old).toPath(),
                    local.pathToFile(replacement).toPath());
            return;
        }
        FileStatus from = fileSystem.getFileStatus(old);
        FileStatus to = fileSystem.getFileStatus(replacement);
        if (!from.getOwner().equals(to.getOwner()) || !from.getGroup().equals(to.getGroup())) {
            attempt(replacement, () -> fileSystem.setOwner(replacement, from.getOwner(), from.getGroup()));
        }
        if (!from.getPermission().equals(to.getPermission())) {
            fileSystem.setPermission(replacement, from.getPermission());
        }
    }

    private static void copyLocal(java.nio.file.Path old, java.nio.file.Path replacement) throws IOException {
        if (!old.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return;
        }
        // The mode comes last, since a change of the owner takes bits of it away.
        for (String right : new String[] {"unix:gid", "unix:uid"}) {
            attempt(replacement, () -> copyLocal(right, old, replacement));
        }
        copyLocal("unix:mode", old, replacement);
    }

    private static void copyLocal(String right, java.nio.file.Path old, java.nio.file.Path replacement)
            throws IOException {
        Object value = Files.getAttribute(old, right);
        if (!value.equals(Files.getAttribute(replacement, right))) {
            Files.setAttribute(replacement, right, value);
        }
    }

    @FunctionalInterface
    private interface Change {
        void run() throws IOException;
    }

    /** Most users may not give files away. */
    private static void attempt(Object of, Change change) {
        try {
            change.run();
        } catch (IOException e) {
            LOG.debug("owner and group of {} stay this user's", of, e);
        }
    }
}
