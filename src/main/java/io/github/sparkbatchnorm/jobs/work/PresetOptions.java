package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.Preset;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code fit} that fill a state as the scalers of other libraries do. */
public final class PresetOptions {
    /** The presets, as the user names them. */
    public enum Name {
        BATCH_NORM,
        STANDARD_SCALER,
        SKLEARN
    }

    @Option(
            order = 46,
            names = "--preset",
            paramLabel = "NAME",
            description =
                    "batch-norm (default), or standard-scaler or sklearn: a state with which --mode eval does what"
                            + " that scaler does. Not with --state-in, --eps, --momentum, --no-affine, --no-track,"
                            + " --batch-column, --non-finite skip-batch.")
    public Name preset = Name.BATCH_NORM;

    @Option(
            order = 47,
            names = "--with-mean",
            paramLabel = "true|false",
            arity = "1",
            description = "With a preset: take the mean away. Default: false for standard-scaler, true for sklearn.")
    @Nullable
    public Boolean withMean;

    @Option(
            order = 48,
            names = "--with-std",
            paramLabel = "true|false",
            arity = "1",
            description = "With a preset: divide by the standard deviation. Default: true.")
    @Nullable
    public Boolean withStd;

    /** Whether the state is that of a scaler. */
    public boolean isScaler() {
        return preset != Name.BATCH_NORM;
    }

    /**
     * Checks the options against the others.
     *
     * @throws UsageException if other options exclude the preset, or there is none for these
     */
    public void check(LayerOptions layer, ColumnOptions columns) {
        if (!isScaler()) {
            if (withMean != null || withStd != null) {
                throw new UsageException((withMean != null ? "--with-mean" : "--with-std")
                        + " goes with --preset standard-scaler or sklearn; give one of them, or leave it away");
            }
            return;
        }
        List<String> others = new ArrayList<>(layer.given());
        if (columns.batchColumn != null) {
            others.add("--batch-column");
        }
        if (columns.nonFinite == NonFinitePolicy.SKIP_BATCH) {
            others.add("--non-finite skip-batch");
        }
        if (!others.isEmpty()) {
            throw new UsageException(String.join(", ", others) + " cannot be given with --preset "
                    + (preset == Name.SKLEARN ? "sklearn" : "standard-scaler") + ", which says it all; leave "
                    + (others.size() == 1 ? "it" : "them") + " away");
        }
    }

    /** The state of the data of a source. */
    BatchNormState state(DatasetStatistics statistics, InputSource source) {
        BatchNormState state = state(statistics);
        Provenance own = state.provenance().orElseThrow();
        return state.withProvenance(own.withInput(source.paths()));
    }

    /** The state of data. */
    public BatchNormState state(DatasetStatistics statistics) {
        Preset filled = preset == Name.SKLEARN ? Preset.SKLEARN : Preset.STANDARD_SCALER;
        return statistics.stateOf(
                filled, withMean == null ? filled.withMeanByDefault() : withMean, withStd == null || withStd);
    }
}
