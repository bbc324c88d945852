package io.github.sparkbatchnorm.jobs;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.TaskContext;

/**
 * Local files as {@code gate:/path}, where a process stops once at a point, says so, and waits. A test copies this
 * class to the class path of a driver.
 */
public final class GateFileSystem extends RawLocalFileSystem {
    private static final URI NAME = URI.create("gate:///");
    private static final String WHERE = "fs.gate.where";
    private static final String FOLDER = "fs.gate.folder";
    private static final String REACHED = "reached";
    private static final String GO = "go";

    /** The name of the output folder. */
    static final String OUTPUT = "out";
    /** Before the output is moved. */
    static final String BEFORE_MOVING = "before the output is moved";
    /** When the new output is in its place, and nothing after it. */
    static final String AFTER_MOVING = "after the output was moved";

    private static final AtomicBoolean STOPPED = new AtomicBoolean();

    /** Copies this class into a folder for the class path of drivers. */
    static void copyTo(java.nio.file.Path classes) throws IOException {
        String name = GateFileSystem.class.getName().replace('.', '/') + ".class";
        java.nio.file.Path compiled =
                Launcher.PROJECT.resolve("target/test-classes").resolve(name);
        Files.createDirectories(classes.resolve(name).getParent());
        Files.copy(compiled, classes.resolve(name));
    }

    /**
     * Settings of Spark with which a driver stops.
     *
     * @param classes a folder that has this class
     * @param where words of the description of the jobs of a pass, or one of the points above
     * @param folder where the driver says that it has stopped, and is told to go on
     */
    static List<String> settings(java.nio.file.Path classes, String where, java.nio.file.Path folder) {
        return List.of(
                "--conf",
                "spark.driver.extraClassPath=" + classes,
                "--conf",
                "spark.hadoop.fs.gate.impl=" + GateFileSystem.class.getName(),
                "--conf",
                "spark.hadoop." + WHERE + "=" + where,
                "--conf",
                "spark.hadoop." + FOLDER + "=" + folder);
    }

    /** Whether the driver has stopped. */
    static boolean isReached(java.nio.file.Path folder) {
        return Files.exists(folder.resolve(REACHED));
    }

    /** Lets the driver go on. */
    static void open(java.nio.file.Path folder) throws IOException {
        Files.createFile(folder.resolve(GO));
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

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        TaskContext task = TaskContext.get();
        String description = task == null ? null : task.getLocalProperty("spark.job.description");
        if (description != null && description.contains(getConf().get(WHERE))) {
            stop();
        }
        return super.open(file, bufferSize);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        boolean isMoved = from.getName().equals(OUTPUT) || to.getName().equals(OUTPUT);
        if (isMoved && BEFORE_MOVING.equals(getConf().get(WHERE))) {
            stop();
        }
        boolean done = super.rename(from, to);
        if (done && to.getName().equals(OUTPUT) && AFTER_MOVING.equals(getConf().get(WHERE))) {
            stop();
        }
        return done;
    }

    private void stop() throws IOException {
        if (STOPPED.getAndSet(true)) {
            return;
        }
        java.nio.file.Path folder = java.nio.file.Path.of(getConf().get(FOLDER));
        Files.createFile(folder.resolve(REACHED));
        try {
            while (!Files.exists(folder.resolve(GO))) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted at the gate");
        }
    }
}
