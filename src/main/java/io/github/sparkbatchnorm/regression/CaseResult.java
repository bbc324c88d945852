package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.regression.engine.JobMeter.Usage;
import java.util.List;
import java.util.Map;

/**
 * What a case left for a report.
 *
 * @param name of the case
 * @param values of x
 * @param digests of statistics, state and outputs
 * @param usages of the rounds of each job
 */
public record CaseResult(String name, long values, Map<String, String> digests, Map<String, List<Usage>> usages) {
    /** Copies the maps. */
    public CaseResult {
        digests = Map.copyOf(digests);
        usages = Map.copyOf(usages);
    }
}
