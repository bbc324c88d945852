package io.github.sparkbatchnorm.regression;

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
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

    /** Every check, in the order in which they run. */
    private static final List<Kind> KINDS = List.of(
            new Kind("statistics", false, CaseChecks::statistics),
            new Kind("digest", false, CaseChecks::digest),
            new Kind("running-statistics", false, checks -> checks.ofState.runningStatistics()),
            new Kind("state", false, CaseChecks::state),
            new Kind("train", false, checks -> checks.output("train", checks.artifacts.trained(), false)),
            new Kind("train-moments", false, CaseChecks::outputMoments),
            new Kind("train-rows", false, checks -> checks.outputRows("train-rows", checks.artifacts.trained())),
            new Kind("eval", false, checks -> checks.output("eval", checks.artifacts.evaluated(), true)),
            new Kind("eval-rows", false, checks -> checks.outputRows("eval-rows", checks.artifacts.evaluated())),
            new Kind("backward", true, checks -> checks.gradient("backward", "train", checks.training(true))),
            new Kind("backward-rows", true, checks -> checks.gradientRows("backward-rows", "train")),
            new Kind("gradients", true, checks -> checks.ofGradients.ofParameters()),
            new Kind("gradient-identities", true, checks -> checks.ofGradients.identities()),
            new Kind("backward-eval", true, checks -> checks.gradient("backward-eval", "eval", checks.evaluation())),
            new Kind("backward-eval-rows", true, checks -> checks.gradientRows("backward-eval-rows", "eval")),
            new Kind("clean", false, CaseChecks::clean));

    /**
     * A kind of check.
     *
     * @param name of what is checked
     * @param needsGradients whether it needs data with gradients
     * @param check makes it
     */
    private record Kind(String name, boolean needsGradients, Function<CaseChecks, Check> check) {}

    private final String name;
    private final CaseData data;
    private final CaseArtifacts artifacts;
    private final @Nullable ExpectedStatistics closedForm;
    private final Map<String, Supplier<String>> otherDigests;
    private final long sampleRows;
    private final Map<String, String> digests = new TreeMap<>();
    private final StateChecks ofState;
    private final GradientChecks ofGradients;
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
        this.ofState = new StateChecks(name, artifacts, this::references);
        this.ofGradients = new GradientChecks(name, data, artifacts, this::references);
    }

    /** The names of the checks, without that of the case. */
    List<String> names() {
        return allNames(data.dy() != null);
    }

    /** The names of all checks that a case can have. */
    static List<String> allNames(boolean gradients) {
        return KINDS.stream()
                .filter(kind -> gradients || !kind.needsGradients())
                .map(Kind::name)
                .toList();
    }

    /** Makes a check; one that cannot be made has failed. */
    Check run(String check) {
        try {
            return KINDS.stream()
                    .filter(kind -> kind.name().equals(check))
                    .findFirst()
                    .orElseThrow()
                    .check()
                    .apply(this);
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
        return references().evaluation(ofState.trained());
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

    private Check state() {
        digests.put("state", StateDigest.of(ofState.trained()));
        return ofState.state();
    }

    private Check output(String check, Dataset<Row> output, boolean evaluated) {
        return compared(check, output, data.results().y(), null, evaluated ? evaluation() : training(false));
    }

    private Check outputRows(String check, Dataset<Row> output) {
        return rows(check, output, data.results().y());
    }

    private Check gradient(String check, String mode, References exact) {
        return compared(check, artifacts.gradients(mode), data.results().dx(), data.dy(), exact);
    }

    private Check gradientRows(String check, String mode) {
        return rows(check, artifacts.gradients(mode), data.results().dx());
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
