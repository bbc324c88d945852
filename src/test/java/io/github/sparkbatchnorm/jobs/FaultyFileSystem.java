package io.github.sparkbatchnorm.jobs;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Local files as {@code faulty:/path}, on a file system whose k-th change fails. */
public final class FaultyFileSystem extends FileSystem {
    enum Operation {
        MKDIRS,
        CREATE,
        RENAME,
        DELETE
    }

    public enum Fault {
        /** Does nothing and throws. */
        THROWS,
        /** Does nothing and returns false, where the operation can. */
        REFUSES,
        /** Does it, and throws: the answer got lost. */
        DONE_BUT_THROWS,
        /** Throws, and every operation of that kind after it. */
        THROWS_FROM_THEN_ON,
        /** Throws, and whatever comes after it, reads included: for the files, the process is dead. */
        DIES
    }

    private static final URI NAME = URI.create("faulty:///");

    // The file system is made by Hadoop, so its settings are static. Tests with it run one after the other.
    private static int failAt;
    private static Fault fault = Fault.THROWS;
    private static int done;
    private static boolean dead;
    private static long clockBehind;
    private static Runnable beforeRename = () -> {};
    private static final Set<Operation> BROKEN = EnumSet.noneOf(Operation.class);

    private final RawLocalFileSystem local = new LocalFiles();

    /** Settings with which {@code faulty:} paths work, none failing. */
    public static Configuration configuration() {
        failAt(0, Fault.THROWS);
        clockBehind(0);
        beforeNextRename(() -> {});
        Configuration configuration = new Configuration();
        configuration.set("fs.faulty.impl", FaultyFileSystem.class.getName());
        return configuration;
    }

    /** From now on, the k-th change from 1 fails; 0 for none. */
    public static void failAt(int k, Fault how) {
        failAt = k;
        fault = how;
        done = 0;
        dead = false;
        BROKEN.clear();
    }

    /** How far the clock of the file system is behind, in milliseconds. */
    public static void clockBehind(long milliseconds) {
        clockBehind = milliseconds;
    }

    /** What happens when something is about to be renamed, once. */
    public static void beforeNextRename(Runnable action) {
        beforeRename = action;
    }

    /** Whether the change that was to fail was reached. */
    public static boolean hasFailed() {
        return failAt > 0 && done >= failAt;
    }

    @FunctionalInterface
    private interface Change {
        boolean run() throws IOException;
    }

    private static boolean change(Operation operation, Change change) throws IOException {
        requireAlive();
        done++;
        if (BROKEN.contains(operation)) {
            throw new IOException("injected " + operation);
        }
        if (done != failAt) {
            return change.run();
        }
        if (fault == Fault.REFUSES && operation != Operation.CREATE) {
            return false;
        }
        if (fault == Fault.DONE_BUT_THROWS) {
            change.run();
        }
        dead = fault == Fault.DIES;
        if (fault == Fault.THROWS_FROM_THEN_ON) {
            BROKEN.add(operation);
        }
        throw new IOException("injected " + operation);
    }

    private static void requireAlive() throws IOException {
        if (dead) {
            throw new IOException("injected death");
        }
    }

    @Override
    public void initialize(URI name, Configuration configuration) throws IOException {
        super.initialize(name, configuration);
        local.initialize(URI.create("file:///"), configuration);
        setConf(configuration);
    }

    private static Path local(Path path) {
        return new Path("file", null, path.toUri().getPath());
    }

    private static FileStatus faulty(FileStatus status) throws IOException {
        Path path = new Path("faulty", null, status.getPath().toUri().getPath());
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(
                java.nio.file.Path.of(status.getPath().toUri()));
        return new FileStatus(
                status.getLen(),
                status.isDirectory(),
                1,
                status.getBlockSize(),
                status.getModificationTime() - clockBehind,
                0,
                FsPermission.valueOf("-" + PosixFilePermissions.toString(mode)),
                "",
                "",
                path);
    }

    @Override
    public boolean mkdirs(Path folder, FsPermission permission) throws IOException {
        return change(Operation.MKDIRS, () -> local.mkdirs(local(folder), permission));
    }

    @Override
    public FSDataOutputStream create(
            Path file,
            FsPermission permission,
            boolean overwrite,
            int bufferSize,
            short replication,
            long blockSize,
            Progressable progress)
            throws IOException {
        FSDataOutputStream[] out = new FSDataOutputStream[1];
        change(Operation.CREATE, () -> {
            out[0] = local.create(local(file), overwrite, bufferSize, replication, blockSize, progress);
            return true;
        });
        return out[0];
    }

    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
        // Hadoop would start a process.
        Files.setPosixFilePermissions(
                java.nio.file.Path.of(path.toUri().getPath()), PosixFilePermissions.fromString(permission.toString()));
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        Runnable before = beforeRename;
        beforeRename = () -> {};
        before.run();
        return change(Operation.RENAME, () -> local.rename(local(from), local(to)));
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        return change(Operation.DELETE, () -> local.delete(local(path), recursive));
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        requireAlive();
        return local.open(local(file), bufferSize);
    }

    @Override
    public FSDataOutputStream append(Path file, int bufferSize, Progressable progress) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileStatus[] listStatus(Path folder) throws IOException {
        requireAlive();
        FileStatus[] all = local.listStatus(local(folder));
        for (int i = 0; i < all.length; i++) {
            all[i] = faulty(all[i]);
        }
        return all;
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        requireAlive();
        return faulty(local.getFileStatus(local(path)));
    }

    @Override
    public URI getUri() {
        return NAME;
    }

    @Override
    public Path getWorkingDirectory() {
        return new Path("faulty:///");
    }

    @Override
    public void setWorkingDirectory(Path folder) {
        throw new UnsupportedOperationException();
    }
}
