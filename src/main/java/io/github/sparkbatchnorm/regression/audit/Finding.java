package io.github.sparkbatchnorm.regression.audit;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What came of asking one question several times. Of all groups and runs, it shows the answer that is furthest from the
 * exact one, the first of several.
 *
 * @param group of the answer; empty where the question was about the whole
 * @param found the answer
 * @param exact the exact answer, rounded once
 * @param error of the answer
 * @param differentAnswers how many different ones a group got at most: 1 where nothing changed from run to run
 * @param operators that ran, from the result down to the data; empty for answers of this library
 */
public record Finding(
        String group,
        AuditAnswer found,
        AuditAnswer exact,
        AuditError error,
        int differentAnswers,
        List<String> operators) {
    /**
     * Compares answers with the exact ones.
     *
     * @param exact by group
     * @param runs the answers of each run, by group
     * @param spread whether an answer below 0 is wrong whatever the distance
     */
    static Finding of(
            Map<String, AuditAnswer> exact,
            List<Map<String, AuditAnswer>> runs,
            boolean spread,
            List<String> operators) {
        Set<String> groups = new TreeSet<>(exact.keySet());
        runs.forEach(run -> groups.addAll(run.keySet()));
        Finding worst = new Finding("", AuditAnswer.NULL, AuditAnswer.NULL, AuditError.NONE, 0, operators);
        int different = 0;
        for (String group : groups) {
            AuditAnswer right = exact.getOrDefault(group, AuditAnswer.MISSING);
            Set<AuditAnswer> answers = new HashSet<>();
            for (Map<String, AuditAnswer> run : runs) {
                AuditAnswer found = run.getOrDefault(group, AuditAnswer.MISSING);
                AuditError error = AuditError.of(found, right, spread);
                answers.add(found);
                if (worst.differentAnswers == 0 || error.isWorseThan(worst.error)) {
                    worst = new Finding(group, found, right, error, 1, operators);
                }
            }
            different = Math.max(different, answers.size());
        }
        return new Finding(worst.group, worst.found, worst.exact, worst.error, different, operators);
    }

    /** {@return whether every answer was the exact one} */
    public boolean isExact() {
        return error.isNone();
    }
}
