package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code state set}: writes a state with another weight, bias, eps or momentum. */
@Command(
        name = "set",
        description = {
            "Writes a state with another weight, bias, eps or momentum.",
            "All else stays as it is, the provenance too. Weight and bias are JSON arrays with a number for each channel, such as [1, 0.5]; NaN, Infinity and"
                    + " -Infinity are strings. A layer has both or neither. Files are local."
        },
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm state set FILE --out FILE [--weight FILE|none] [--bias FILE|none]",
            "           [--eps X] [--momentum X|none] [--overwrite]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm state set state.json --weight weight.json --bias bias.json --out new.json",
            "  jobs/batchnorm state set state.json --weight none --bias none --out plain.json",
            "  jobs/batchnorm state set state.json --momentum none --out state.json --overwrite"
        })
final class SetCommand extends StateFileCommand {
    private static final String NONE = "none";

    @Parameters(paramLabel = "FILE", description = "The state to begin with.")
    String file = "";

    @Option(
            order = 1,
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description = "Where the new state is written; may be the old one with --overwrite; - is standard output.")
    String out = "";

    @Option(order = 2, names = "--weight", paramLabel = "FILE|none", description = "The weights (gamma).")
    @Nullable
    String weight;

    @Option(order = 3, names = "--bias", paramLabel = "FILE|none", description = "The biases (beta).")
    @Nullable
    String bias;

    @Option(order = 4, names = "--eps", paramLabel = "X", description = "Added to the variance, 0 or more.")
    @Nullable
    Double eps;

    @Option(
            order = 5,
            names = "--momentum",
            paramLabel = "X|none",
            description = "Weight of a new batch in the running statistics, from 0 to 1; none: their plain average.")
    @Nullable
    String momentum;

    @Option(order = 82, names = "--overwrite", description = "Replace a file that exists. A link is followed.")
    boolean overwrite;

    SetCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        check();
        BatchNormState old = read(file);
        double[] newWeight = parameters("--weight", weight, old.weight(), old);
        double[] newBias = parameters("--bias", bias, old.bias(), old);
        if ((newWeight == null) != (newBias == null)) {
            throw new UsageException(file + " has no weight and no bias, and "
                    + (newWeight == null ? "--bias" : "--weight") + " gives one of them; give both");
        }
        BatchNormConfig config = configured(old.config().withAffine(newWeight != null));
        BatchNormState changed = BatchNormState.of(
                config,
                old.numFeatures(),
                newWeight,
                newBias,
                old.runningMean(),
                old.runningVar(),
                old.numBatchesTracked());
        double[] low = old.runningMeanLow();
        BatchNormState whole = (low == null ? changed : changed.withRunningMeanLow(low))
                .withProvenance(old.provenance().orElse(null));
        publish("--out", out, overwrite, arrays(), stream -> StateFiles.write(whole, stream));
    }

    /** Checks the options without reading a file. */
    private void check() {
        if (weight == null && bias == null && eps == null && momentum == null) {
            throw new UsageException("nothing to set; give --weight, --bias, --eps or --momentum");
        }
        if (NONE.equals(weight) != NONE.equals(bias)) {
            String none = NONE.equals(weight) ? "--weight" : "--bias";
            throw new UsageException(none + " is none, and " + (NONE.equals(weight) ? "--bias" : "--weight")
                    + " is not; give none for both: a layer has both or neither");
        }
        configured(BatchNormConfig.DEFAULT);
    }

    private BatchNormConfig configured(BatchNormConfig old) {
        try {
            BatchNormConfig config = eps == null ? old : old.withEps(eps);
            if (momentum == null) {
                return config;
            }
            return momentum.equals(NONE)
                    ? config.withCumulativeAverage()
                    : config.withMomentum(Double.parseDouble(momentum));
        } catch (NumberFormatException e) {
            throw new UsageException("--momentum is '" + momentum + "'; expected a number from 0 to 1, or none");
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    private double @Nullable [] parameters(
            String option, @Nullable String given, double @Nullable [] old, BatchNormState state) {
        if (given == null) {
            return old;
        }
        return given.equals(NONE) ? null : NumbersJson.read(option, given, state.numFeatures(), hadoop);
    }

    /** The arrays that are read, which the new state must not replace. */
    private Map<String, String> arrays() {
        Map<String, String> read = new LinkedHashMap<>();
        if (weight != null && !weight.equals(NONE)) {
            read.put("the --weight", weight);
        }
        if (bias != null && !bias.equals(NONE)) {
            read.put("the --bias", bias);
        }
        return read;
    }
}
