package io.github.sparkbatchnorm.jobs.publish;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The local file system, on which the process dies at the k-th operation from the first one on a journal: what comes
 * after it has no effect, or the process is killed. What goes to files through Java goes past it; it counts looks at
 * files as well, and there is one before and after each link and move.
 */
public final class MortalFileSystem extends RawLocalFileSystem {
    private static final String KILLED = "mortal.killed.at";

    // The file system is made by Hadoop, so its settings are static. Tests with it run one after the other.
    private static int last;
    private static int done;
    private static boolean begun;

    /** Settings with which local files are on this file system, which lives for ever. */
    public static Configuration configuration() {
        dieAt(0);
        Configuration configuration = new Configuration();
        configuration.set("fs.file.impl", MortalFileSystem.class.getName());
        configuration.setBoolean("fs.file.impl.disable.cache", true);
        return configuration;
    }

    /** From the next journal on, the k-th operation and all after it have no effect; 0 for never. */
    static void dieAt(int k) {
        last = k;
        done = 0;
        begun = false;
    }

    /** From now on, journal or not. */
    static void dieAtOnceAt(int k) {
        dieAt(k);
        begun = true;
    }

    static boolean hasDied() {
        return last > 0 && done >= last;
    }

    private static void step(Path path) throws IOException {
        begun |= path.getName().startsWith("journal.new");
        if (!begun || last == 0) {
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
        step(path);
        return super.getFileStatus(path);
    }

    @Override
    public FileStatus[] listStatus(Path folder) throws IOException {
        step(folder);
        return super.listStatus(folder);
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        step(file);
        return super.open(file, bufferSize);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        step(from);
        return super.rename(from, to);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        step(path);
        return super.delete(path, recursive);
    }
}
