package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.exact.RunningReference;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;

/** Checks of the state that training leaves. */
final class StateChecks {
    private final String name;
    private final CaseArtifacts artifacts;
    private final Supplier<CaseReferences> references;

    StateChecks(String name, CaseArtifacts artifacts, Supplier<CaseReferences> references) {
        this.name = name;
        this.artifacts = artifacts;
        this.references = references;
    }

    /** The state, read from the file of {@code normalize --mode train}. */
    BatchNormState trained() {
        return StateJson.read(artifacts.trainedState(), "trained.json");
    }

    /** The running statistics, beside a recursion in big numbers. */
    Check runningStatistics() {
        String check = name + "/running-statistics";
        CaseReferences exact = references.get();
        if (!exact.isComplete()) {
            return Check.skipped(check, "more batches and channels than the driver holds big numbers of");
        }
        BatchNormState state = trained();
        double worstMean = 0;
        double worstVariance = 0;
        String example = "";
        for (int c = 0; c < exact.channels(); c++) {
            RunningReference running = new RunningReference(state.config().momentum());
            for (String batch : exact.batches()) {
                ExactMoments moments = exact.moments(batch, c);
                if (moments.count() > 0) {
                    running.add(moments);
                }
            }
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
                String.format(
                                Locale.ROOT,
                                "%d batches, mean within %.1e, variance within %.1e",
                                state.numBatchesTracked(),
                                worstMean,
                                worstVariance)
                        + (passed ? "" : example),
                String.format(Locale.ROOT, "%d batches, %.1e, %.1e", batches, meanLimit, varianceLimit));
    }

    /** The states of {@code fit} and of training, written and read. */
    Check state() {
        String trained = artifacts.trainedState();
        BatchNormState state = trained();
        BatchNormState fitted = StateJson.read(artifacts.fitted(), "fitted.json");
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
                name + "/state", found.equals("one state"), found, "one state of fit and of train, read back the same");
    }
}
