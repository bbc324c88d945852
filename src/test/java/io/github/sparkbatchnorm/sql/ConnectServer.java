package io.github.sparkbatchnorm.sql;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server of Spark Connect in a process of its own, on a free port of this machine alone, and its JVM client, which
 * has its own class path, since its classes have the names of Spark's.
 */
public final class ConnectServer implements AutoCloseable {
    private static final Path JARS = SqlProgram.TARGET.resolve("connect");
    private static final Pattern STARTED = Pattern.compile("Spark Connect server started at: \\S*:(\\d+)");
    private static final int WAIT_MINUTES = 3;

    private final Path folder;
    private final Process process;
    private final int port;

    /**
     * Starts a server.
     *
     * @param folder for its files
     * @param options of spark-submit
     */
    public ConnectServer(Path folder, String... options) throws Exception {
        this.folder = folder;
        Path log = folder.resolve("server.log");
        List<String> command = SqlProgram.java("2g", JARS.resolve("server") + "/*");
        command.addAll(List.of(
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                "local[2]",
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.sql.warehouse.dir=" + folder.resolve("warehouse"),
                "--conf",
                "spark.connect.grpc.binding.address=127.0.0.1",
                "--conf",
                "spark.connect.grpc.binding.port=0"));
        command.addAll(List.of(options));
        command.addAll(List.of("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"));
        process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        port = port(log);
    }

    /** Whether the build made the folders of jars. */
    public static boolean isBuilt() {
        return Files.isDirectory(JARS.resolve("server")) && Files.isDirectory(JARS.resolve("client"));
    }

    /** Its address, for {@code SPARK_REMOTE}. */
    public String remote() {
        return "sc://127.0.0.1:" + port;
    }

    private int port(Path log) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(WAIT_MINUTES);
        while (process.isAlive() && System.nanoTime() < end) {
            Matcher started = STARTED.matcher(Files.readString(log));
            if (started.find()) {
                return Integer.parseInt(started.group(1));
            }
            process.waitFor(100, TimeUnit.MILLISECONDS);
        }
        process.destroyForcibly();
        throw new AssertionError("no server started: " + Files.readString(log));
    }

    /** What each statement showed in a session of its own, which adds jars itself. */
    List<String> run(List<Path> jars, List<String> statements) throws Exception {
        SqlProgram program = new SqlProgram(Files.createTempDirectory(folder, "client"));
        List<String> command =
                new ArrayList<>(SqlProgram.java("512m", program.jar() + ":" + JARS.resolve("client") + "/*"));
        command.add(SqlScript.class.getName());
        command.add(program.script(statements).toString());
        jars.forEach(jar -> command.add(jar.toString()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("SPARK_REMOTE", remote());
        return program.results(builder, statements.size());
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit()
                .completeOnTimeout(process, WAIT_MINUTES, TimeUnit.MINUTES)
                .join();
        process.destroyForcibly();
    }
}
