package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The programs of the README and of the pages, each a Maven project of one class: two that run on Spark beside our jar,
 * one that tests, and one that serves. The library is installed with the README's command, from a copy of the checkout,
 * into the user's Maven repository.
 */
@Tag("full")
class ProgramIT extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final Path PROGRAMS = Launcher.PROJECT.resolve("src/test/resources/programs");

    @TempDir
    Path folder;

    @Test
    void aProjectOfOneClassFitsAndAppliesAndAnotherServesTheState() throws Exception {
        Path checkout = copyOfTheCheckout();
        String install = "mvn install -DskipTests";
        assertThat(readme()).contains(install);
        run(checkout, Map.of(), install.split(" "));
        assertThat(checkout.resolve("target/spark")).as("an embedded Spark").doesNotExist();

        String input = folder.resolve("input").toString();
        spark().range(0, 1000, 1, 4)
                .selectExpr("id", "array(sin(id), id / 7, 1e9 + cos(id)) x")
                .write()
                .parquet(input);
        Path fit = project("fit");
        Path state = folder.resolve("state.json");
        String output = folder.resolve("output").toString();
        sparkHome(folder.resolve("spark"));
        submit(checkout, fit, "Normalize", "target/fit-1.jar", input, output, state.toString());
        Row row = spark().read().parquet(output).where("id = 77").first();

        learnAndApply(checkout);

        project("check"); // its test runs in the build

        Path serve = project("serve");
        run(serve, Map.of(), "mvn", "-q", "dependency:copy-dependencies");
        try (Stream<Path> jars = Files.list(serve.resolve("target/dependency"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString().replaceAll("[-_]\\d.*", "")))
                    .containsExactlyInAnyOrder(
                            "spark-batchnorm", "jackson-databind", "jackson-core", "jackson-annotations", "jspecify");
        }
        List<String> command = new ArrayList<>(
                List.of("java", "-cp", "target/serve-1.jar:target/dependency/*", "Serve", state.toString()));
        row.<Double>getList(1).forEach(x -> command.add(x.toString()));
        List<String> printed =
                run(serve, Map.of(), command.toArray(String[]::new)).lines().toList();
        assertThat(printed.get(0)).isEqualTo(row.<Double>getList(2).toString());
        double back =
                Double.parseDouble(printed.get(1).substring(1, printed.get(1).indexOf(',')));
        assertThat(back).isCloseTo(row.<Double>getList(1).get(0), within(1e-15)); // a bit may be lost on the way
    }

    /** One process saves a pipeline, and another one applies it. */
    private void learnAndApply(Path checkout) throws Exception {
        Path program = project("pipeline");
        Path wine = Launcher.PROJECT.resolve("jobs/examples/wine.csv");
        String model = folder.resolve("model").toString();
        String state = folder.resolve("wine.json").toString();
        String predictions = folder.resolve("predictions").toString();
        String printed =
                submit(checkout, program, "Cultivars", "target/pipeline-1.jar", "fit", model, wine.toString(), state);
        assertThat(printed).contains("3 channels; constant: none; with NaN or infinite values: none");
        submit(checkout, program, "Cultivars", "target/pipeline-1.jar", "apply", model, wine.toString(), predictions);
        Dataset<Row> applied = spark().read().parquet(predictions);
        assertThat(applied.count()).isEqualTo(Files.readAllLines(wine).size() - 1);
        BatchNormState fitted = StateJson.read(Path.of(state));
        Row first = spark().read()
                .option("header", true)
                .option("inferSchema", true)
                .csv(wine.toString())
                .select("alcohol", "flavanoids", "proline")
                .first();
        double alcohol =
                ChannelTransform.ofRunning(fitted, NonFinitePolicy.PROPAGATE).apply(0, first.getDouble(0));
        assertThat(applied.first().<Vector>getAs(0).apply(0)).isEqualTo(alcohol);
    }

    private String submit(Path checkout, Path project, String main, String jar, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                folder.resolve("spark/bin/spark-submit").toString(),
                "--master",
                "local-cluster[2,1,1024]",
                "--class",
                main,
                "--jars",
                checkout.resolve("target/spark-batchnorm-all.jar").toString(),
                jar));
        command.addAll(List.of(arguments));
        return run(project, Map.of("SPARK_HOME", folder.resolve("spark").toString()), command.toArray(String[]::new));
    }

    @Test
    void theReadmeShowsThesePrograms() throws IOException {
        for (String file : List.of(
                "fit/pom.xml",
                "fit/src/main/java/Normalize.java",
                "check/pom.xml",
                "check/src/test/java/FeaturesTest.java",
                "serve/pom.xml",
                "serve/src/main/java/Serve.java")) {
            String marker = file.endsWith(".xml") ? "<!-- README -->\n" : "// README\n";
            assertThat(readme()).describedAs(file).contains(shown(file, marker));
        }
        assertThat(Files.readString(Launcher.PROJECT.resolve("src/site/markdown/ml.md")))
                .contains(shown("pipeline/src/main/java/Cultivars.java", "// PAGE\n"));
    }

    /** What stands between two markers of a file. */
    private static String shown(String file, String marker) throws IOException {
        String text = Files.readString(PROGRAMS.resolve(file));
        int start = text.indexOf(marker) + marker.length();
        return text.substring(start, text.indexOf(marker, start)).stripIndent().strip();
    }

    private static String readme() throws IOException {
        return Files.readString(Launcher.PROJECT.resolve("README.md"));
    }

    /** What git knows of the checkout, so that the build under way is left alone. */
    private Path copyOfTheCheckout() throws Exception {
        Path copy = Files.createDirectory(folder.resolve("checkout"));
        for (String name : run(Launcher.PROJECT, Map.of(), "git", "ls-files", "-z", "--cached")
                .split("\0", -1)) {
            Path target = copy.resolve(name);
            Files.createDirectories(target.getParent());
            if (Files.isRegularFile(Launcher.PROJECT.resolve(name))) {
                Files.copy(Launcher.PROJECT.resolve(name), target, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return copy;
    }

    /** A program of the README, built. */
    private Path project(String name) throws Exception {
        Path project = folder.resolve(name);
        try (Stream<Path> files = Files.walk(PROGRAMS.resolve(name))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target =
                        project.resolve(PROGRAMS.resolve(name).relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        run(project, Map.of(), "mvn", "-q", "package");
        return project;
    }

    /** A Spark of the jars that the tests run with, and a spark-submit that does what Spark's own script does. */
    private static void sparkHome(Path home) throws IOException {
        Files.createDirectories(home.resolve("conf"));
        Files.createSymbolicLink(home.resolve("jars"), Launcher.PROJECT.resolve("target/spark/jars"));
        Files.createFile(home.resolve("RELEASE"));
        StandIn.executable(
                home.resolve("bin/spark-submit"),
                """
                export SPARK_SCALA_VERSION=2.13 SPARK_LOCAL_IP=127.0.0.1
                java -cp "$SPARK_HOME/jars/*" org.apache.spark.launcher.Main org.apache.spark.deploy.SparkSubmit "$@" \\
                    | tail -c +3 | xargs -0 sh -c 'exec "$@"' sh""");
    }

    private String run(Path directory, Map<String, String> environment, String... command) throws Exception {
        Path out = Files.createTempFile(folder, "run", ".out");
        Path err = Files.createTempFile(folder, "run", ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("SPARK_") || name.startsWith("MAVEN_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean ended = process.waitFor(20, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertThat(ended && process.exitValue() == 0)
                .describedAs(
                        "%s%n%s%n%s",
                        String.join(" ", command),
                        Files.readString(out, StandardCharsets.UTF_8),
                        Files.readString(err, StandardCharsets.UTF_8))
                .isTrue();
        return Files.readString(out, StandardCharsets.UTF_8);
    }
}
