package io.github.sparkbatchnorm.jobs.publish;

import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the rights of a file or folder to its replacement: the mode, and owner and group as far as this user may set
 * them.
 *
 * <p>Local files are accessed through {@code java.nio}: without its native library Hadoop would start a process for
 * each access.
 */
final class FileRights {
    private static final Logger LOG = LoggerFactory.getLogger(FileRights.class);

    private static final String MODE = "unix:mode";
    private static final String GROUP = "unix:gid";
    private static final int ALL = 0777;
    private static final int OWNER = 0700;
    private static final int GROUP_BITS = 0070;
    private static final int OTHERS = 0007;
    private static final int READ = 0444;

    private FileRights() {}

    /**
     * Copies the rights of an old file or folder to its replacement.
     *
     * @throws IOException if the mode cannot be set
     */
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
        boolean sameGroup = fileSystem.getFileStatus(replacement).getGroup().equals(from.getGroup());
        FsPermission wanted = new FsPermission(
                (short) withoutForeignGroup(from.getPermission().toShort(), sameGroup));
        if (!wanted.equals(to.getPermission())) {
            fileSystem.setPermission(replacement, wanted);
        }
    }

    /** Opens the folder in which a replacement is written only to users who may read the old file or folder. */
    static void shield(FileSystem fileSystem, Path old, Path folder) throws IOException {
        if (fileSystem instanceof RawLocalFileSystem local) {
            java.nio.file.Path from = local.pathToFile(old).toPath();
            java.nio.file.Path to = local.pathToFile(folder).toPath();
            if (hasModes(from)) {
                int mode = mode(from);
                Files.setAttribute(to, MODE, (mode(to) & ~ALL) | shielding(mode, haveSame(GROUP, from, to)));
            }
            return;
        }
        FileStatus from = fileSystem.getFileStatus(old);
        boolean sameGroup = fileSystem.getFileStatus(folder).getGroup().equals(from.getGroup());
        fileSystem.setPermission(
                folder, new FsPermission((short) shielding(from.getPermission().toShort(), sameGroup)));
    }

    /** The mode of that folder: all rights for the owner, and entry for everyone who may read the old one. */
    private static int shielding(int mode, boolean sameGroup) {
        int open = withoutForeignGroup(mode, sameGroup) & ALL;
        return OWNER | open | (open & READ) >> 2;
    }

    /** The mode in which a group other than the old one has only the rights of everybody. */
    private static int withoutForeignGroup(int mode, boolean sameGroup) {
        return sameGroup ? mode : (mode & ~GROUP_BITS) | (mode & OTHERS) << 3;
    }

    private static void copyLocal(java.nio.file.Path old, java.nio.file.Path replacement) throws IOException {
        if (!hasModes(old)) {
            return;
        }
        // The mode is set last, since a change of the owner clears bits of it.
        for (String right : new String[] {GROUP, "unix:uid"}) {
            attempt(replacement, () -> {
                if (!haveSame(right, old, replacement)) {
                    Files.setAttribute(replacement, right, Files.getAttribute(old, right));
                }
            });
        }
        int wanted = withoutForeignGroup(mode(old), haveSame(GROUP, old, replacement));
        if (mode(replacement) != wanted) {
            Files.setAttribute(replacement, MODE, wanted);
        }
    }

    private static boolean hasModes(java.nio.file.Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    private static int mode(java.nio.file.Path file) throws IOException {
        return (int) Files.getAttribute(file, MODE);
    }

    private static boolean haveSame(String right, java.nio.file.Path one, java.nio.file.Path other) throws IOException {
        return Files.getAttribute(one, right).equals(Files.getAttribute(other, right));
    }

    @FunctionalInterface
    private interface Change {
        void run() throws IOException;
    }

    /** Tries a change that the system may forbid: most users may not give files away. */
    private static void attempt(Object of, Change change) {
        try {
            change.run();
        } catch (IOException e) {
            LOG.debug("owner and group of {} stay this user's", of, e);
        }
    }
}
