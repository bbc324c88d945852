package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.regression.audit.ExactGroups.Group;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.spark.shims.OperatorRecorder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;

/** The audit of one column: each question is asked once in each of several partitionings of the rows. */
final class DataAudit {
    private final AuditData data;
    private final List<AuditData> partitionings;
    private final Map<String, Group> groups;
    private final OperatorRecorder recorder;
    private final boolean legacy;

    /**
     * Prepares the audit.
     *
     * @param partitionings the same data, once for each run
     * @param groups its exact moments
     * @param recorder of the session
     * @param legacy as in {@link AuditFunction#exact}
     */
    DataAudit(List<AuditData> partitionings, Map<String, Group> groups, OperatorRecorder recorder, boolean legacy) {
        this.data = partitionings.get(0);
        this.partitionings = partitionings;
        this.groups = groups;
        this.recorder = recorder;
        this.legacy = legacy;
    }

    /** A line for each question. */
    List<AuditLine> lines() {
        Group whole = ExactGroups.whole(groups);
        List<AuditLine> lines = ask(
                Map.of(ExactGroups.WHOLE, whole),
                partitionings.stream().map(AuditData::withoutGroups).toList());
        if (data.group() != null) {
            lines.addAll(ask(groups, partitionings));
        }
        return lines;
    }

    private List<AuditLine> ask(Map<String, Group> exact, List<AuditData> runs) {
        boolean byGroup = runs.get(0).group() != null;
        Map<Quantity, Finding> ours = ours(exact, runs);
        List<AuditLine> lines = new ArrayList<>();
        for (AuditFunction function : AuditFunction.values()) {
            Map<String, AuditAnswer> right =
                    answers(exact, function::isDefinedFor, moments -> function.exact(moments, legacy));
            if (!right.isEmpty() && !(byGroup && function.isScaler())) {
                lines.add(new AuditLine(
                        data.name(),
                        data.purpose(),
                        data.column(),
                        ExactGroups.whole(exact).rows(),
                        byGroup ? exact.size() : 0,
                        function.toString(),
                        engine(function, right, runs),
                        ours.get(function.quantity())));
            }
        }
        return lines;
    }

    private Finding engine(AuditFunction function, Map<String, AuditAnswer> right, List<AuditData> runs) {
        recorder.take(); // what ran before
        List<Map<String, AuditAnswer>> answers = new ArrayList<>();
        for (AuditData run : runs) {
            answers.add(answersOf(right.keySet(), () -> SparkAnswers.of(function, run)));
        }
        return Finding.of(right, answers, function.quantity().isSpread(), recorder.take());
    }

    private Map<Quantity, Finding> ours(Map<String, Group> exact, List<AuditData> runs) {
        boolean byGroup = runs.get(0).group() != null;
        Map<Quantity, Finding> findings = new EnumMap<>(Quantity.class);
        for (Quantity quantity : OurAnswers.QUANTITIES) {
            // A batch without values does not exist; the whole does.
            Map<String, AuditAnswer> right = answers(
                    exact, moments -> moments.count() > 0 || !byGroup, moments -> AuditAnswer.of(quantity.of(moments)));
            List<Map<String, AuditAnswer>> answers = new ArrayList<>();
            for (AuditData run : runs) {
                answers.add(answersOf(right.keySet(), () -> OurAnswers.of(quantity, run)));
            }
            findings.put(quantity, Finding.of(right, answers, quantity.isSpread(), List.of()));
        }
        return findings;
    }

    private static Map<String, AuditAnswer> answers(
            Map<String, Group> exact, Predicate<ExactMoments> defined, Function<ExactMoments, AuditAnswer> answer) {
        Map<String, AuditAnswer> answers = new HashMap<>();
        exact.forEach((label, group) -> {
            if (defined.test(group.moments())) {
                answers.put(label, answer.apply(group.moments()));
            }
        });
        return answers;
    }

    /** Asks; an error is the answer for each group. A plugin may fail to link, too. */
    private static Map<String, AuditAnswer> answersOf(Set<String> groups, Callable<Map<String, AuditAnswer>> question) {
        try {
            return question.call();
        } catch (Exception | LinkageError e) {
            Map<String, AuditAnswer> failed = new HashMap<>();
            groups.forEach(group -> failed.put(group, AuditAnswer.failed(e)));
            return failed;
        }
    }
}
