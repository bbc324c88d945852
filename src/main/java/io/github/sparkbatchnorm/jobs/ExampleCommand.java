package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.examples.DigitsExample;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.TextTable;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code example digits}: a network that trains with and without batch norm. */
@Command(
        name = "example",
        description = {
            "A network that recognizes handwritten digits, trained on Spark with and without batch norm: at a small"
                    + " learning rate, at ten times that, and from weights that are ten times too small.",
            "The numbers depend on the seed alone, not on partitions or executors."
        },
        sortOptions = false,
        customSynopsis = {"jobs/batchnorm [spark-submit options] example digits [options]"},
        footer = {
            "%nExamples:",
            "  jobs/batchnorm example digits",
            "  jobs/batchnorm --master spark://host:7077 example digits --partitions 7 --seed 3"
        })
final class ExampleCommand extends SparkCommand {
    private static final String DIGITS = "/examples/digits.jsonl";

    @Parameters(paramLabel = "NAME", description = "digits.")
    String name = "";

    @Option(order = 1, names = "--epochs", paramLabel = "N", description = "Passes over the data. Default: 10.")
    int epochs = 10;

    @Option(order = 2, names = "--partitions", paramLabel = "N", description = "Of the data. Default: 2.")
    int partitions = 2;

    @Option(order = 3, names = "--seed", paramLabel = "N", description = "Of weights and minibatches. Default: 1.")
    long seed = 1;

    ExampleCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        if (!name.equals("digits")) {
            throw new UsageException("there is no example '" + name + "'; expected digits");
        }
        if (epochs < 1) {
            throw new UsageException("--epochs is " + epochs + "; expected 1 or more");
        }
        if (partitions < 1) {
            throw new UsageException("--partitions is " + partitions + "; expected 1 or more");
        }
        long start = System.nanoTime();
        try (SparkScope spark = SparkScope.open(spec.name());
                DigitsExample example = new DigitsExample(digits(spark.session()), partitions, seed)) {
            spark.describe("training on digits");
            List<Result> results = new ArrayList<>();
            for (DigitsExample.Trial trial : DigitsExample.trials()) {
                results.add(new Result(trial, example.run(trial, false, epochs), example.run(trial, true, epochs)));
            }
            console.out().println(table(results));
        }
        console.time(since(start));
    }

    /** The fractions of the held-out digits that are recognized. */
    private record Result(DigitsExample.Trial trial, double without, double with) {}

    private static String table(List<Result> results) {
        List<String[]> rows = new ArrayList<>();
        for (Result result : results) {
            rows.add(new String[] {
                result.trial().name(),
                Double.toString(result.trial().rate()),
                percent(result.without()),
                percent(result.with())
            });
        }
        return TextTable.of(List.of("held-out digits recognized", "rate", "without batch norm", "with"), 1, rows);
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * part);
    }

    private static Dataset<Row> digits(SparkSession session) {
        try (InputStream stream = Objects.requireNonNull(ExampleCommand.class.getResourceAsStream(DIGITS), DIGITS);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            return session.read().json(session.createDataset(lines.lines().toList(), Encoders.STRING()));
        } catch (IOException e) {
            throw new BatchNormException("the digits cannot be read: " + ErrorLine.reason(e), e);
        }
    }
}
