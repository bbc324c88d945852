package io.github.sparkbatchnorm.jobs.faults;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.TaskContext;

/**
 * Local files as {@code disk:/path}, on a disk that is full or may not be written to, for tasks or for the driver
 * alone. Settings, not fields, say so, because they reach executors.
 */
public final class DiskFileSystem extends RawLocalFileSystem {
    static final String FAULT = "fs.disk.fault";
    static final String WHERE = "fs.disk.where";
    static final String TASK = "task";
    static final String DRIVER = "driver";
    static final String FULL = "full";
    static final String FORBIDDEN = "forbidden";

    private static final URI NAME = URI.create("disk:///");
    /** How much of each file a full disk still takes. */
    private static final int CAPACITY = 100;

    // The file system is made by Hadoop, so its hook is static. It is of the driver.
    private static String awaited = "";
    private static Runnable beforeCreate = () -> {};

    /** What happens on the driver when a file is about to be created whose name ends so, once. */
    static void beforeNextCreate(String name, Runnable action) {
        awaited = name;
        beforeCreate = action;
    }

    /** Settings with which {@code disk:} paths see changed settings at once. */
    static String settingOf(String name) {
        return "spark.hadoop.fs.disk." + name;
    }

    @Override
    public void initialize(URI name, Configuration configuration) throws IOException {
        super.initialize(name, configuration);
        setConf(configuration);
    }

    @Override
    public URI getUri() {
        return NAME;
    }

    @Override
    public String getScheme() {
        return NAME.getScheme();
    }

    private boolean is(String fault) {
        boolean isHere =
                (TaskContext.get() == null ? DRIVER : TASK).equals(getConf().get(WHERE));
        return isHere && fault.equals(getConf().get(FAULT));
    }

    private void requireAllowed(Path path) throws IOException {
        if (is(FORBIDDEN)) {
            throw new AccessControlException("Permission denied: " + path);
        }
    }

    @Override
    public boolean mkdirs(Path folder) throws IOException {
        requireAllowed(folder);
        return super.mkdirs(folder);
    }

    @Override
    public boolean mkdirs(Path folder, FsPermission permission) throws IOException {
        requireAllowed(folder);
        return super.mkdirs(folder, permission);
    }

    @Override
    protected OutputStream createOutputStream(Path file, boolean append) throws IOException {
        return limited(file, () -> super.createOutputStream(file, append));
    }

    @Override
    protected OutputStream createOutputStreamWithMode(Path file, boolean append, FsPermission permission)
            throws IOException {
        return limited(file, () -> super.createOutputStreamWithMode(file, append, permission));
    }

    @FunctionalInterface
    private interface Opening {
        OutputStream open() throws IOException;
    }

    private OutputStream limited(Path file, Opening opening) throws IOException {
        if (TaskContext.get() == null && !awaited.isEmpty() && file.getName().endsWith(awaited)) {
            Runnable before = beforeCreate;
            beforeNextCreate("", () -> {});
            before.run();
        }
        requireAllowed(file);
        OutputStream out = opening.open();
        return is(FULL) ? new FullDisk(out) : out;
    }

    private static final class FullDisk extends FilterOutputStream {
        private long written;

        FullDisk(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            written += length;
            if (written > CAPACITY) {
                throw new IOException("No space left on device");
            }
            out.write(bytes, offset, length);
        }
    }
}
