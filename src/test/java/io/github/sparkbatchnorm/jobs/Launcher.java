package io.github.sparkbatchnorm.jobs;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs {@code jobs/batchnorm} as a user would, in a process of its own. */
public final class Launcher {
    /** The project's own launcher. */
    public static final Path PROJECT = Path.of("").toAbsolutePath();

    private static final long MINUTES = 10;

    private final Path script;
    private final Path directory;
    private final Map<String, String> environment = new HashMap<>();

    /**
     * What a run left behind.
     *
     * @param exit the exit code
     * @param out all of standard output
     * @param err all of standard error
     */
    public record Result(int exit, String out, String err) {
        public List<String> errorLines() {
            return err.lines().filter(line -> line.startsWith("error: ")).toList();
        }
    }

    /** The launcher {@code script}, run in {@code directory}, without the settings of this process for Spark. */
    Launcher(Path script, Path directory) {
        this.script = script;
        this.directory = directory;
        for (String name : List.of(
                "SPARK_HOME",
                "SPARK_CONF_DIR",
                "SPARK_SUBMIT_OPTS",
                "SPARK_LOCAL_IP",
                "SPARK_DRIVER_MEMORY",
                "SPARK_MEM",
                "MASTER")) {
            environment.put(name, "");
        }
    }

    /** The project's launcher, run in {@code directory}. */
    public static Launcher in(Path directory) {
        return new Launcher(PROJECT.resolve("jobs/batchnorm"), directory);
    }

    Launcher with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public Result run(String... arguments) throws Exception {
        return run(process -> {}, arguments);
    }

    /** What happens to a process while it runs. */
    @FunctionalInterface
    interface Meanwhile {
        void act(Process process) throws Exception;
    }

    Result run(Meanwhile meanwhile, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        File out = File.createTempFile("launcher", ".out");
        File err = File.createTempFile("launcher", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectOutput(out)
                    .redirectError(err);
            environment.forEach((name, value) -> {
                if (value.isEmpty()) {
                    builder.environment().remove(name);
                } else {
                    builder.environment().put(name, value);
                }
            });
            Process process = builder.start();
            try {
                meanwhile.act(process);
                if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                    throw new IllegalStateException(command + " took more than " + MINUTES + " minutes: " + text(err));
                }
            } finally {
                process.destroyForcibly();
            }
            return new Result(process.exitValue(), text(out), text(err));
        } finally {
            Files.delete(out.toPath());
            Files.delete(err.toPath());
        }
    }

    private static String text(File file) {
        try {
            return Files.readString(file.toPath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
