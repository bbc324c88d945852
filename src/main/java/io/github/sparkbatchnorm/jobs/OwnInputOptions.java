package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.regression.OwnCase;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options of the user's own data, in place of a suite's. */
final class OwnInputOptions {
    private static final List<String> OF_READER = List.of("--input", "--format", "--option");
    private static final List<String> OF_COLUMNS = List.of(
            "--column",
            "--columns",
            "--shape",
            "--layout",
            "--dtype",
            "--module",
            "--handle-invalid",
            "--batch-column");
    private static final List<String> OF_INPUT = Stream.of(
                    OF_COLUMNS, List.of("--format", "--option", "--non-finite", "--grad-column", "--grad-columns"))
            .flatMap(List::stream)
            .toList();

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec = CommandSpec.create();

    @Option(
            order = 11,
            names = "--input",
            paramLabel = "PATH",
            description = "Check on this data instead of a suite; give it again for more. All checks but those of the"
                    + " closed form.")
    List<String> inputs = new ArrayList<>();

    @Option(order = 12, names = "--format", paramLabel = "NAME", description = "Of --input, as for the other commands.")
    @Nullable
    String format;

    @Option(order = 13, names = "--option", paramLabel = "K=V", description = "For Spark's reader of --input.")
    Map<String, String> readerOptions = new LinkedHashMap<>();

    @Mixin
    ColumnOptions columns = new ColumnOptions();

    @Option(order = 31, names = "--grad-column", paramLabel = "NAME", description = "dy of --column.")
    @Nullable
    String gradientColumn;

    @Option(order = 32, names = "--grad-columns", paramLabel = "A,B,C", description = "dy for each of --columns.")
    List<String> gradientColumns = new ArrayList<>();

    /** Whether there is such data. */
    boolean isGiven() {
        return !inputs.isEmpty();
    }

    /**
     * Checks the options against each other.
     *
     * @throws UsageException for the first that is wrong
     */
    void check() {
        List<String> ofInput = given(OF_INPUT);
        if (!isGiven() && !ofInput.isEmpty()) {
            throw new UsageException(String.join(", ", ofInput) + " without --input; they say how it is read");
        }
        if (columns.nonFinite != NonFinitePolicy.PROPAGATE) {
            throw new UsageException("--non-finite is given; regress checks the policy propagate, the default");
        }
        if (isGiven()) {
            source();
        }
    }

    private InputSource source() {
        String ofPaths = format == null ? InputFormat.ofPaths(inputs) : format;
        if (ofPaths.equalsIgnoreCase(InputFormat.IMAGE)) {
            throw new UsageException(
                    "--format image; regress reads arrays, vectors, binary tensors and channel columns");
        }
        columns.tensorOptions(ofPaths, null);
        return new InputSource(inputs, ofPaths, readerOptions);
    }

    /** The options as words. */
    String words() {
        List<String> words = new ArrayList<>(words(OF_READER));
        words.addAll(words(OF_COLUMNS));
        words.addAll(words(List.of("--grad-column", "--grad-columns")));
        return " " + String.join(" ", words);
    }

    /** Whether it has gradients. */
    boolean hasGradients() {
        return gradientColumn != null || !gradientColumns.isEmpty();
    }

    /** Those of some options that are given. */
    List<String> given(List<String> options) {
        return spec.commandLine().getParseResult().matchedOptions().stream()
                .map(OptionSpec::longestName)
                .filter(options::contains)
                .toList();
    }

    /** Options as they are given, with their values. */
    private List<String> words(List<String> options) {
        List<String> words = new ArrayList<>();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (options.contains(option.longestName())) {
                for (String value : option.originalStringValues()) {
                    words.add(option.longestName());
                    words.add(value);
                }
            }
        }
        return words;
    }

    /**
     * Opens the data.
     *
     * @throws UsageException if the options name columns that do not exist or do not fit
     */
    OwnCase open(SparkScope spark) {
        InputSource source = source();
        List<String> gradients = gradientColumn == null
                ? ColumnOptions.distinct("--grad-columns", gradientColumns)
                : List.of(gradientColumn);
        List<String> described = words(OF_COLUMNS);
        if (columns.mayHavePatterns()) {
            columns.expand(spark, source, gradients);
        }
        TensorOptions options = columns.tensorOptions(source.format(), null);
        TensorInput input = TensorInput.open(
                spark, source, options, columns.nonFinite, gradients, false, new TargetPaths().inputs(source));
        if (!gradients.isEmpty()) {
            input.backward(gradients);
        }
        return new OwnCase(input.tensor(), options, gradients, words(OF_READER), described);
    }
}
