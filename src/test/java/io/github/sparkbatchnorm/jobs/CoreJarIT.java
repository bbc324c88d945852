package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ServeProgram;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jar of the core serves a state with the bits of the jobs, in a JVM that has only that jar and Jackson. */
class CoreJarIT extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final long ROWS = 100_000;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"float, 8", "double, '4,2'"})
    void aHundredThousandRowsHaveTheBitsOfSparkBothWays(String type, String axes) throws Exception {
        String elements = Stream.iterate(0, k -> k + 1)
                .limit(8)
                .map(k -> "sin(id * " + (k + 1) + ") * pow(10, " + k + " - 3) + " + k * 1000)
                .collect(java.util.stream.Collectors.joining(", "));
        String input = folder.resolve("input").toString();
        spark().range(0, ROWS, 1, 4)
                .selectExpr("id", "cast(array(" + elements + ") as array<" + type + ">) x")
                .write()
                .parquet(input);
        Path stateFile = folder.resolve("state.json");
        job("fit", input, axes, "--momentum none --state-out " + stateFile);
        BatchNormState fitted = StateJson.read(stateFile);
        double[] weight = new double[fitted.numFeatures()];
        double[] bias = new double[weight.length];
        for (int c = 0; c < weight.length; c++) {
            weight[c] = 1.5 - c;
            bias[c] = c / 3.0;
        }
        StateJson.write(fitted.withParameters(weight, bias), stateFile);
        String output = folder.resolve("output").toString();
        job("normalize --mode eval", input, axes, "--state-in " + stateFile + " --output " + output);
        SampleShape shape = SampleShape.channelsFirst(
                Stream.of(axes.split(",")).mapToInt(Integer::parseInt).toArray());
        Dataset<Row> both = TensorDataset.of(
                        spark().read().parquet(output),
                        TensorOptions.column("x_normalized").withShape(shape))
                .denormalize(StateJson.read(stateFile), "back")
                .inPlan();
        Path rows = folder.resolve("rows");
        write(both, type, rows);
        assertThat(serve(stateFile, type, axes, rows)).isEqualTo(ROWS + " rows");
    }

    private static void job(String command, String input, String axes, String more) {
        CommandRun.ofWords(command + " --input " + input + " --column x --shape " + axes + " " + more)
                .succeeds();
    }

    /** x, y and x of y of each row. */
    private static void write(Dataset<Row> data, String type, Path file) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new java.io.BufferedOutputStream(Files.newOutputStream(file)))) {
            for (Row row : data.select("x", "x_normalized", "back").collectAsList()) {
                for (int i = 0; i < 3; i++) {
                    for (Number value : row.<Number>getList(i)) {
                        if (type.equals("float")) {
                            out.writeFloat(value.floatValue());
                        } else {
                            out.writeDouble(value.doubleValue());
                        }
                    }
                }
            }
        }
    }

    /** Runs the program in a JVM of its own, whose class path has no class of Spark. */
    private String serve(Path state, String type, String axes, Path rows) throws Exception {
        String program = ServeProgram.class.getName().replace('.', '/') + ".class";
        Path classes = folder.resolve("classes");
        Files.createDirectories(classes.resolve(program).getParent());
        Files.copy(
                Launcher.PROJECT.resolve("target/test-classes").resolve(program),
                classes.resolve(program),
                StandardCopyOption.REPLACE_EXISTING);
        List<String> path = new ArrayList<>(List.of(
                classes.toString(),
                Launcher.PROJECT.resolve("target/spark-batchnorm-core.jar").toString()));
        for (String name : System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1)) {
            if (Path.of(name).getFileName().toString().matches("jackson-(core|databind|annotations)-.*\\.jar")) {
                path.add(name);
            }
        }
        assertThat(path).hasSize(5);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        String.join(java.io.File.pathSeparator, path),
                        ServeProgram.class.getName(),
                        state.toString(),
                        type,
                        axes,
                        rows.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return output.strip();
    }
}
