package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.ChannelReference;
import io.github.sparkbatchnorm.regression.exact.Difference;
import io.github.sparkbatchnorm.regression.exact.PairMoments;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Checks of the gradients of weight and bias, and of what holds for dx in each batch and channel: its sum is 0, and
 * sum(dx * xhat) = weight * invstd * sum(dy * xhat) * eps / (var + eps). Distances are relative to sqrt(n * sum(dy^2)),
 * which is at least the sum of the terms.
 */
final class GradientChecks {
    private static final MathContext DIGITS = new MathContext(40);

    private final String name;
    private final CaseData data;
    private final CaseArtifacts artifacts;
    private final Supplier<CaseReferences> references;

    GradientChecks(String name, CaseData data, CaseArtifacts artifacts, Supplier<CaseReferences> references) {
        this.name = name;
        this.data = data;
        this.artifacts = artifacts;
        this.references = references;
    }

    /** The gradients of weight and bias in both modes. */
    Check ofParameters() {
        CaseReferences exact = references.get();
        WorstDistance worst = new WorstDistance();
        BatchNormState initial = artifacts.initial();
        BatchNormState trained = StateJson.read(artifacts.trainedState(), "trained.json");
        for (String mode : List.of("train", "eval")) {
            StatisticsDocument document = artifacts.parameterGradients(mode);
            boolean training = mode.equals("train");
            for (String batch : exact.batches()) {
                for (int c = 0; c < exact.channels(); c++) {
                    PairMoments pair = exact.pair(batch, c);
                    BigDecimal center = training
                            ? pair.first().isFinite() ? pair.first().exactMean().toBigDecimal(DIGITS) : null
                            : CaseReferences.runningMean(trained, c);
                    double variance =
                            training ? pair.first().variance() : Objects.requireNonNull(trained.runningVar())[c];
                    double bias = document.number(batch, "bias", c);
                    double weight = document.number(batch, "weight", c);
                    double eps = initial.config().eps();
                    boolean dividesByZero =
                            !training && variance + eps == 0 && pair.first().count() > 0;
                    if (center == null || !pair.isFinite() || !Double.isFinite(variance) || dividesByZero) {
                        double found = Double.isFinite(weight) ? Double.POSITIVE_INFINITY : 0;
                        worst.add(found, batch, c, "weight " + weight + " of values that are not finite");
                        continue;
                    }
                    double terms = terms(pair);
                    double invstd = invstd(variance, eps);
                    BigDecimal centred = pair.sumOfProducts()
                            .subtract(center.multiply(pair.second().sum()));
                    BigDecimal offset = new BigDecimal(pair.first().mean()).subtract(center);
                    double spread = Math.hypot(Math.sqrt(pair.first().variance()), offset.doubleValue());
                    add(worst, bias, pair.second().sum(), terms, batch, c, mode + " bias ");
                    add(
                            worst,
                            weight,
                            centred.multiply(new BigDecimal(invstd)),
                            terms * Math.max(1, spread * invstd),
                            batch,
                            c,
                            mode + " weight ");
                }
            }
        }
        return check("gradients", worst, CaseChecks.ACCURACY, "sum(dy) and sum(dy * xhat)");
    }

    private static void add(
            WorstDistance worst, double found, BigDecimal exact, double terms, String batch, int channel, String what) {
        double distance = Double.isFinite(found)
                ? Difference.relative(new BigDecimal(found), exact, new BigDecimal(terms))
                : Double.POSITIVE_INFINITY;
        worst.add(distance, batch, channel, what + found + " for " + exact.doubleValue());
    }

    /** What holds for the sums of dx. */
    Check identities() {
        CaseReferences exact = references.get();
        BatchNormState state = artifacts.initial();
        double eps = state.config().eps();
        List<String> dx = data.results().dx();
        Map<String, List<PairMoments>> results = exact.pairsWith(artifacts.gradients("train"), dx);
        boolean floats = data.columnsOf(dx).holdFloats(artifacts.gradients("train"));
        WorstDistance worst = new WorstDistance();
        for (String batch : exact.batches()) {
            for (int c = 0; c < exact.channels(); c++) {
                PairMoments pair = exact.pair(batch, c);
                List<PairMoments> ofBatch = results.get(batch);
                if (ofBatch == null) {
                    double missing = pair.first().count() == 0 ? 0 : Double.POSITIVE_INFINITY;
                    worst.add(missing, batch, c, "no dx");
                    continue;
                }
                if (!pair.isFinite()) {
                    continue;
                }
                PairMoments result = ofBatch.get(c);
                double variance = pair.first().variance();
                double invstd = invstd(variance, eps);
                double factor = state.weight(c) * invstd;
                double scale = Math.abs(factor) * terms(pair);
                if (scale == 0) {
                    continue;
                }
                double sum = result.second().sum().doubleValue();
                worst.add(Math.abs(sum) / scale, batch, c, "sum(dx) is " + sum);
                double projected = ChannelReference.centredProducts(result).toDouble() * invstd;
                double expected = factor
                        * (ChannelReference.centredProducts(pair).toDouble() * invstd)
                        * (eps / (variance + eps));
                worst.add(
                        Math.abs(projected - expected) / scale,
                        batch,
                        c,
                        "sum(dx * xhat) is " + projected + " for " + expected);
            }
        }
        if (worst.compared() == 0) {
            return Check.skipped(
                    name + "/gradient-identities",
                    "each channel has a value or a gradient that is not finite, or no spread");
        }
        return check("gradient-identities", worst, floats ? 1e-6 : 1e-12, "sum(dx) and sum(dx * xhat)");
    }

    private Check check(String check, WorstDistance worst, double limit, String expected) {
        boolean passed = worst.isWithin(limit);
        return Check.of(
                name + "/" + check,
                passed,
                String.format(Locale.ROOT, "within %.1e, %,d numbers", worst.distance(), worst.compared())
                        + (passed || worst.compared() == 0 ? "" : ", " + worst.place()),
                String.format(Locale.ROOT, "%s within %.0e", expected, limit));
    }

    private static double invstd(double variance, double eps) {
        return variance + eps == 0 ? 0 : 1 / Math.sqrt(variance + eps);
    }

    /** At least sum(|dy|), by the inequality of Cauchy and Schwarz. */
    private static double terms(PairMoments pair) {
        BigDecimal squares = pair.second()
                .sumOfSquares()
                .multiply(BigDecimal.valueOf(pair.second().count()));
        return squares.sqrt(MathContext.DECIMAL64).doubleValue(); // the squares may be no doubles
    }
}
