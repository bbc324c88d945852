package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.LocalFiles;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The local file system, on which the process dies at the k-th operation from when it is told: what comes after it has
 * no effect, or the process is killed. What goes to files through Java goes past it; it counts looks at files as well,
 * and there is one before and after each link and move.
 */
public final class MortalFileSystem extends LocalFiles {
    /** A system property: whether the process is killed. Then it counts changes, and only looks at old outputs. */
    static final String KILLED = "mortal.killed";

    // The file system is made by Hadoop, so its settings are static. Tests with it run one after the other.
    private static int last;
    private static int done;

    /** Settings with which local files are on this file system, which lives for ever. */
    public static Configuration configuration() {
        dieAt(0);
        Configuration configuration = new Configuration();
        configuration.set("fs.file.impl", MortalFileSystem.class.getName());
        configuration.setBoolean("fs.file.impl.disable.cache", true);
        return configuration;
    }

    /** From now on, the k-th operation and all after it have no effect; 0 for never. */
    static void dieAt(int k) {
        last = k;
        done = 0;
    }

    static boolean hasDied() {
        return last > 0 && done >= last;
    }

    private static void step() throws IOException {
        if (last == 0) {
            return;
        }
        done++;
        if (done < last) {
            return;
        }
        if (Boolean.getBoolean(KILLED)) {
            kill();
        }
        throw new IOException("injected death");
    }

    /** Ends this process as a lack of memory or a machine does: without a last word. */
    private static void kill() throws IOException {
        try {
            new ProcessBuilder(
                            "kill",
                            "-KILL",
                            Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        if (!Boolean.getBoolean(KILLED) || path.getName().startsWith(StagingFolder.OLD)) {
            step();
        }
        return super.getFileStatus(path);
    }

    @Override
    public FileStatus[] listStatus(Path folder) throws IOException {
        step();
        return super.listStatus(folder);
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        step();
        return super.open(file, bufferSize);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        step();
        return super.rename(from, to);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        step();
        return super.delete(path, recursive);
    }
}
