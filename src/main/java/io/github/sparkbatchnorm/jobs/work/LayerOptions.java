package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the layer, which either goes on from a state file or is new. */
public final class LayerOptions {
    @Option(order = 41, names = "--state-in", paramLabel = "FILE", description = "Go on from this state.")
    @Nullable
    public String stateIn;

    @Option(
            order = 42,
            names = "--eps",
            paramLabel = "X",
            description = "Added to the variance, 0 or more. Default: 1e-5. Not with --state-in.")
    @Nullable
    public String eps;

    @Option(
            order = 43,
            names = "--momentum",
            paramLabel = "X|none",
            description = "Weight of a new batch in the running statistics, from 0 to 1; none: their plain average."
                    + " Default: 0.1. Not with --state-in.")
    @Nullable
    public String momentum;

    @Option(order = 44, names = "--no-affine", description = "No weight and bias. Not with --state-in.")
    public boolean noAffine;

    @Option(order = 45, names = "--no-track", description = "Batch statistics only; no running statistics are updated.")
    public boolean noTrack;

    /** The state that {@code stateIn} names, where it is read already; null where the job reads it. */
    public @Nullable BatchNormState state;

    /** The options that are given. */
    List<String> given() {
        List<String> given = new ArrayList<>(fresh());
        if (stateIn != null) {
            given.add(0, "--state-in");
        }
        if (noTrack) {
            given.add("--no-track");
        }
        return given;
    }

    /** The options that are given and make a new layer another one than by default. */
    private List<String> fresh() {
        List<String> fresh = new ArrayList<>();
        if (eps != null) {
            fresh.add("--eps");
        }
        if (momentum != null) {
            fresh.add("--momentum");
        }
        if (noAffine) {
            fresh.add("--no-affine");
        }
        return fresh;
    }

    /**
     * Checks the options without reading a file.
     *
     * @throws UsageException for the first that is wrong
     */
    public void check() {
        List<String> fresh = fresh();
        if (stateIn != null && !fresh.isEmpty()) {
            throw new UsageException(String.join(", ", fresh)
                    + " cannot be given with --state-in, whose file has its own; edit the file to change it");
        }
        config();
    }

    /**
     * Checks the options of a pass in a mode without reading a file.
     *
     * @throws UsageException for the first that is wrong
     */
    void check(BatchNormMode mode) {
        check();
        if (mode == BatchNormMode.EVAL && stateIn == null && !noTrack) {
            throw new UsageException("--mode eval has no running statistics; give --state-in FILE, or --no-track to use"
                    + " the statistics of each batch");
        }
    }

    /** Whether a pass uses the running statistics of a state, not those of the data. */
    boolean usesRunning(BatchNormMode mode, @Nullable BatchNormState given) {
        return mode == BatchNormMode.EVAL && given != null && !noTrack && given.hasRunningStatistics();
    }

    /** The configuration of a new layer. */
    BatchNormConfig config() {
        return new BatchNormConfig(epsilon(), momentumOrNone(), !noAffine, !noTrack);
    }

    /**
     * Reads the state that the layer goes on from.
     *
     * @return null for a new layer
     * @throws BatchNormException if the file cannot be read
     */
    @Nullable
    BatchNormState given(Configuration configuration) {
        if (stateIn == null || state != null) {
            return state;
        }
        try {
            return StateFiles.read(stateIn, configuration);
        } catch (FileNotFoundException e) {
            throw new BatchNormException("--state-in " + stateIn + " does not exist or is no file; check the path", e);
        } catch (IOException e) {
            throw new BatchNormException("--state-in " + stateIn + " cannot be read: " + ErrorLine.reason(e), e);
        }
    }

    /** Whether the file of the state after a pass is the file of the state before it, which may be replaced. */
    boolean replacesState(String stateOut, Configuration configuration) {
        if (stateIn == null) {
            return false;
        }
        try {
            return HadoopFiles.identity(new Path(stateIn), configuration)
                    .equals(HadoopFiles.identity(new Path(stateOut), configuration));
        } catch (IOException e) {
            throw new BatchNormException(
                    "--state-in " + stateIn + " or --state-out " + stateOut + " cannot be used: " + ErrorLine.reason(e),
                    e);
        }
    }

    /** The given state, or that of a new layer. */
    public BatchNormState orFresh(@Nullable BatchNormState given, int channels) {
        return given == null ? BatchNormState.initial(channels, config()) : given;
    }

    /**
     * Checks that each batch has enough values, and updates the running statistics.
     *
     * @param source of the data, which the provenance of the new state names
     * @return the new state; the old one without tracking
     */
    BatchNormState stateAfter(BatchNormState before, DatasetStatistics statistics, InputSource source) {
        BatchNormState after = statistics.stateAfter(before);
        if (noTrack || after.numBatchesTracked() == before.numBatchesTracked()) {
            return before;
        }
        return after.provenance()
                .map(own -> after.withProvenance(own.withInput(source.paths())))
                .orElse(after);
    }

    private double epsilon() {
        if (eps == null) {
            return BatchNormConfig.DEFAULT.eps();
        }
        double value = number(eps);
        if (!(value >= 0 && value <= Double.MAX_VALUE)) {
            throw new UsageException("--eps is '" + eps + "'; expected a number that is 0 or more, such as 1e-5");
        }
        return value;
    }

    private @Nullable Double momentumOrNone() {
        if (momentum == null) {
            return BatchNormConfig.DEFAULT.momentum();
        }
        if (momentum.equals("none")) {
            return null;
        }
        double value = number(momentum);
        if (!(value >= 0 && value <= 1)) {
            throw new UsageException("--momentum is '" + momentum + "'; expected a number from 0 to 1, or none");
        }
        return value;
    }

    /** The number in a text; NaN if it is none. */
    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
