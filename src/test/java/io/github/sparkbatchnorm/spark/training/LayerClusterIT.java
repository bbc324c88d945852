package io.github.sparkbatchnorm.spark.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layer on two executor JVMs, every class that travels registered with Kryo. */
class LayerClusterIT {
    private static final long MINUTES = 5;

    @TempDir
    private Path folder;

    @Test
    @Tag("full")
    void executorsGiveTheBitsOfOneThread() throws Exception {
        String expected = run("local[1]");
        assertThat(expected).contains("num_batches_tracked\": 3", "\"dx\":[");
        assertThat(run("local-cluster[2,1,1024]")).isEqualTo(expected);
    }

    private String run(String master) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        // Spark's module options, which this JVM was started with.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add") || argument.startsWith("-Djdk.reflect"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), LayerProgram.class.getName(), master));
        File out = folder.resolve("out").toFile();
        File err = folder.resolve("err").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out)
                .redirectError(err);
        builder.environment()
                .put("SPARK_HOME", Path.of("target/spark").toAbsolutePath().toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        Process process = builder.start();
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(err.toPath())).isZero();
        return Files.readString(out.toPath());
    }
}
