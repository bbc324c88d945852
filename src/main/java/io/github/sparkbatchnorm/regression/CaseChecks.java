package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.exact.RunningReference;
import io.github.sparkbatchnorm.regression.generate.ExpectedStatistics;
import io.github.sparkbatchnorm.regression.rows.Comparison;
import io.github.sparkbatchnorm.regression.rows.ComparisonPass;
import io.github.sparkbatchnorm.regression.rows.References;
import io.github.sparkbatchnorm.regression.rows.TensorColumns;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The checks of a case, by name, in the order in which they run. */
final class CaseChecks {
    private static final Logger LOG = LoggerFactory.getLogger(CaseChecks.class);

    /** The promised accuracy of y and dx. */
    static final double ACCURACY = 1e-13;

    private static final List<String> OF_GRADIENTS = List.of(
            "backward", "backward-rows", "gradients", "gradient-identities", "backward-eval", "backward-eval-rows");
    private static final List<String> NAMES = Stream.of(
                    List.of("statistics", "digest", "running-statistics", "state", "train", "train-moments"),
                    List.of("train-rows", "eval", "eval-rows"),
                    OF_GRADIENTS,
                    List.of("clean"))
            .flatMap(List::stream)
            .toList();

    private final String name;
    private final CaseData data;
    private final CaseArtifacts artifacts;
    private final @Nullable ExpectedStatistics closedForm;
    private final Map<String, Supplier<String>> otherDigests;
    private final long sampleRows;
    private final Map<String, Supplier<Check>> checks = new LinkedHashMap<>();
    private final Map<String, String> digests = new TreeMap<>();
    private @Nullable CaseReferences references;
    /** Of outputs, which are made once each. */
    private final Map<Dataset<Row>, DatasetStatistics> statistics = new HashMap<>();

    /** Of the input, by the columns that are left of it. */
    private final Map<List<String>, RowDigest> inputDigests = new HashMap<>();

    /**
     * Creates the checks.
     *
     * @param name of the case
     * @param data of the case
     * @param artifacts of the jobs
     * @param closedForm the statistics of generated data; null for others
     * @param otherDigests by what they are of, digests that are to be the same
     * @param sampleRows how many rows, about, are compared; 0 for all
     */
    CaseChecks(
            String name,
            CaseData data,
            CaseArtifacts artifacts,
            @Nullable ExpectedStatistics closedForm,
            Map<String, Supplier<String>> otherDigests,
            long sampleRows) {
        this.name = name;
        this.data = data;
        this.artifacts = artifacts;
        this.closedForm = closedForm;
        this.otherDigests = otherDigests;
        this.sampleRows = sampleRows;
        checks.put("statistics", this::statistics);
        checks.put("digest", this::digest);
        checks.put("running-statistics", this::runningStatistics);
        checks.put("state", this::state);
        checks.put(
                "train",
                () -> compared("train", artifacts.trained(), data.results().y(), null, training(false)));
        checks.put("train-moments", this::outputMoments);
        checks.put(
                "train-rows",
                () -> rows("train-rows", artifacts.trained(), data.results().y()));
        checks.put(
                "eval",
                () -> compared("eval", artifacts.evaluated(), data.results().y(), null, evaluation()));
        checks.put(
                "eval-rows",
                () -> rows("eval-rows", artifacts.evaluated(), data.results().y()));
        TensorColumns dy = data.dy();
        if (dy != null) {
            GradientChecks gradients = new GradientChecks(name, data, artifacts, this::references);
            List<String> dx = data.results().dx();
            checks.put("backward", () -> compared("backward", artifacts.gradients("train"), dx, dy, training(true)));
            checks.put("backward-rows", () -> rows("backward-rows", artifacts.gradients("train"), dx));
            checks.put("gradients", gradients::ofParameters);
            checks.put("gradient-identities", gradients::identities);
            checks.put(
                    "backward-eval",
                    () -> compared("backward-eval", artifacts.gradients("eval"), dx, dy, evaluation()));
            checks.put("backward-eval-rows", () -> rows("backward-eval-rows", artifacts.gradients("eval"), dx));
        }
        checks.put("clean", this::clean);
    }

    /** The names of the checks, without that of the case. */
    List<String> names() {
        return List.copyOf(checks.keySet());
    }

    /** The names of all checks that a case can have. */
    static List<String> allNames(boolean gradients) {
        return gradients
                ? NAMES
                : NAMES.stream().filter(check -> !OF_GRADIENTS.contains(check)).toList();
    }

    /** Makes a check; one that cannot be made has failed. */
    Check run(String check) {
        try {
            return Objects.requireNonNull(checks.get(check)).get();
        } catch (JobFailure e) {
            return Check.of(full(check), false, String.valueOf(e.getMessage()), "no error");
        } catch (Exception e) { // Scala throws checked exceptions that are not declared
            LOG.warn("check {} ended with an error", full(check), e);
            return Check.of(
                    full(check),
                    false,
                    "an error: " + e.toString().lines().findFirst().orElse(""),
                    "none");
        }
    }

    /** The digests of statistics, state and outputs, of the checks that were made. */
    Map<String, String> digests() {
        return digests;
    }

    private String full(String check) {
        return name + "/" + check;
    }

    private CaseReferences references() {
        if (references == null) {
            StatisticsDocument document = artifacts.statistics().document();
            references = new CaseReferences(data, closedForm, document.byBatch().keySet(), document.channels());
        }
        return references;
    }

    private References training(boolean withGradients) {
        return references().training(artifacts.initial(), withGradients);
    }

    private References evaluation() {
        return references().evaluation(StateJson.read(artifacts.trainedState(), "trained.json"));
    }

    private Check statistics() {
        StatisticsDocument document = artifacts.statistics().document();
        CaseReferences exact = references();
        long compared = 0;
        long different = 0;
        String first = "";
        for (String batch :
                closedForm == null ? exact.batches() : document.byBatch().keySet()) {
            for (int c = 0; c < exact.channels(); c++) {
                compared++;
                String difference = document.difference(batch, c, exact.moments(batch, c));
                if (difference != null && different++ == 0) {
                    first = difference;
                }
            }
        }
        if (closedForm != null && closedForm.batches() != document.byBatch().size()) {
            return Check.of(
                    full("statistics"),
                    false,
                    document.byBatch().size() + " batches",
                    closedForm.batches() + " batches");
        }
        return Check.of(
                full("statistics"),
                different == 0,
                different + " of " + compared + " channels different" + (first.isEmpty() ? "" : ", " + first),
                (closedForm == null ? "sums by big numbers" : "the closed form") + ", bit for bit");
    }

    private Check digest() {
        String digest = artifacts.statistics().digest();
        digests.put("statistics", digest);
        StringBuilder different = new StringBuilder();
        int same = 1;
        for (Map.Entry<String, Supplier<String>> other : otherDigests.entrySet()) {
            String found;
            try {
                found = other.getValue().get();
            } catch (JobFailure e) {
                found = e.getMessage();
            }
            if (digest.equals(found)) {
                same++;
            } else {
                different
                        .append(", ")
                        .append(found)
                        .append(" (")
                        .append(other.getKey())
                        .append(')');
            }
        }
        return Check.of(
                full("digest"),
                different.isEmpty(),
                digest + (different.isEmpty() ? ", " + same + " times" : different),
                "one digest: " + String.join(", ", otherDigests.keySet()));
    }

    private Check runningStatistics() {
        String check = full("running-statistics");
        CaseReferences exact = references();
        if (!exact.isComplete()) {
            return Check.skipped(check, "more batches and channels than the driver holds big numbers of");
        }
        BatchNormState state = StateJson.read(artifacts.trainedState(), "trained.json");
        double worstMean = 0;
        double worstVariance = 0;
        String example = "";
        for (int c = 0; c < exact.channels(); c++) {
            RunningReference running = new RunningReference(state.config().momentum());
            exact.batches().stream()
                    .map(moments(exact, c))
                    .filter(m -> m.count() > 0)
                    .forEach(running::add);
            double mean = Objects.requireNonNull(state.runningMean())[c];
            double meanDistance = running.meanDistance(mean, Objects.requireNonNull(state.runningMeanLow())[c]);
            double variance = Objects.requireNonNull(state.runningVar())[c];
            double varianceDistance = running.varianceDistance(variance);
            if (meanDistance > worstMean || varianceDistance > worstVariance) {
                example = ", channel " + c + ": mean " + mean + " for " + running.mean() + ", variance " + variance
                        + " for " + running.variance();
            }
            worstMean = Math.max(worstMean, meanDistance);
            worstVariance = Math.max(worstVariance, varianceDistance);
        }
        long batches = exact.batches().size();
        double meanLimit = (batches + 4) * 0x1p-100;
        double varianceLimit = (batches + 4) * 0x1p-52;
        boolean counted = state.numBatchesTracked() == batches;
        boolean passed = counted && worstMean <= meanLimit && worstVariance <= varianceLimit;
        return Check.of(
                check,
                passed,
                format(
                                "%d batches, mean within %.1e, variance within %.1e",
                                state.numBatchesTracked(), worstMean, worstVariance)
                        + (passed ? "" : example),
                format("%d batches, %.1e, %.1e", batches, meanLimit, varianceLimit));
    }

    private static Function<String, ExactMoments> moments(CaseReferences exact, int channel) {
        return batch -> exact.moments(batch, channel);
    }

    private Check state() {
        String trained = artifacts.trainedState();
        BatchNormState state = StateJson.read(trained, "trained.json");
        BatchNormState fitted = StateJson.read(artifacts.fitted(), "fitted.json");
        digests.put("state", StateDigest.of(state));
        String found;
        if (!StateJson.write(state).equals(trained)) {
            found = "another text when read and written again";
        } else if (!state.equals(fitted)) {
            found = "two states, that of fit being " + fitted;
        } else if (!artifacts.keepsStates()) {
            found = "another state when one is written and read";
        } else {
            found = "one state";
        }
        return Check.of(
                full("state"), found.equals("one state"), found, "one state of fit and of train, read back the same");
    }

    private Check compared(
            String check, Dataset<Row> output, List<String> results, @Nullable TensorColumns dy, References exact) {
        digests.put(check, statisticsOf(output, results).digest());
        CaseReferences all = references();
        TensorColumns columns = data.columnsOf(results);
        Dataset<Row> rows = all.rows(output);
        long count = closedForm == null ? output.count() : closedForm.rows();
        if (sampleRows > 0 && count > sampleRows) {
            rows = rows.sample(false, (double) sampleRows / count, 1);
        }
        Comparison found = new ComparisonPass(data.x(), dy, columns).run(rows, exact, all.channels());
        boolean floats = columns.holdFloats(output);
        boolean close = floats ? found.floats() <= 1 : found.relative() <= ACCURACY;
        boolean passed = close && found.misshapen() == 0 && found.values() > 0;
        String distance =
                floats ? format("%d floats away at most", found.floats()) : format("within %.1e", found.relative());
        return Check.of(
                full(check),
                passed,
                distance
                        + format(", %,d values", found.values())
                        + (found.misshapen() > 0 ? ", " + found.misshapen() + " rows of another size" : "")
                        + (passed ? "" : ", " + found.worst()),
                floats ? "at most 1 from the exact number" : format("%.0e of the exact number", ACCURACY));
    }

    private DatasetStatistics statisticsOf(Dataset<Row> output, List<String> results) {
        return statistics.computeIfAbsent(
                output, rows -> TensorDataset.of(rows, data.optionsOf(results)).statistics());
    }

    private Check outputMoments() {
        boolean floats = data.columnsOf(data.results().y()).holdFloats(artifacts.trained());
        OutputMoments moments = new OutputMoments(artifacts.initial(), references(), floats);
        statisticsOf(artifacts.trained(), data.results().y()).batches().forEach(moments::add);
        double limit = floats ? 0x1p-22 : 1e-12;
        WorstDistance worst = moments.worst();
        return Check.of(
                full("train-moments"),
                worst.isWithin(limit),
                format("within %.1e, %,d channels", worst.distance(), worst.compared())
                        + (worst.distance() <= limit ? "" : ", " + worst.place()),
                format("mean bias and variance weight^2 * var/(var + eps) within %.1e", limit));
    }

    private Check rows(String check, Dataset<Row> output, List<String> results) {
        Dataset<Row> input = data.rows();
        if (data.options().handleInvalid() == HandleInvalid.SKIP) {
            for (String column : data.x().names()) {
                input = input.where(functions.col(column).isNotNull());
            }
            for (String column : dyColumns(check)) {
                input = input.where(functions.col(column).isNotNull());
            }
        }
        List<String> names = Stream.of(data.rows().columns())
                .map(CaseData::quoted)
                .filter(column -> !results.contains(column))
                .toList();
        Column[] kept = names.stream().map(functions::col).toArray(Column[]::new);
        Dataset<Row> complete = input;
        RowDigest before = inputDigests.computeIfAbsent(
                Stream.concat(names.stream(), dyColumns(check).stream()).toList(),
                columns -> RowDigest.of(complete.select(kept)));
        RowDigest after = RowDigest.of(output.select(kept));
        return Check.of(
                full(check),
                before.equals(after),
                format("%,d rows, %s", after.rows(), after),
                before.equals(after) ? "the rows of the input" : format("%,d rows, %s", before.rows(), before));
    }

    private List<String> dyColumns(String check) {
        TensorColumns dy = data.dy();
        return check.startsWith("backward") && dy != null ? dy.names() : List.of();
    }

    private Check clean() {
        List<String> hidden = artifacts.files().stream()
                .filter(file -> file.startsWith("_") || file.startsWith("."))
                .toList();
        int cached =
                data.rows().sparkSession().sparkContext().getPersistentRDDs().size();
        return Check.of(
                full("clean"),
                hidden.isEmpty() && cached == 0,
                hidden.isEmpty() ? cached + " cached data sets" : String.join(", ", hidden),
                "nothing left behind");
    }

    private static String format(String pattern, Object... arguments) {
        return String.format(Locale.ROOT, pattern, arguments);
    }
}
