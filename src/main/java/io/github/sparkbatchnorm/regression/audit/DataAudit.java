package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.regression.audit.ExactGroups.Group;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.spark.shims.OperatorRecorder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The audit of data, as a whole or by group: each question is asked once in each of several partitionings. */
final class DataAudit {
    private final AuditData data;
    private final List<AuditData> runs;
    private final Map<String, Group> groups;
    private final boolean legacy;
    private final OperatorRecorder recorder;

    /** For each run the answers of this library, or the error in their place. */
    private final List<Attempt<OurAnswers>> ours;

    /**
     * Asks this library.
     *
     * @param runs the same data, once for each run
     * @param groups its exact moments; one group where the data has none
     * @param legacy as in {@link AuditFunction#exact}
     * @param recorder of the session
     */
    DataAudit(List<AuditData> runs, Map<String, Group> groups, boolean legacy, OperatorRecorder recorder) {
        this.data = runs.get(0);
        this.runs = runs;
        this.groups = groups;
        this.legacy = legacy;
        this.recorder = recorder;
        this.ours =
                runs.stream().map(run -> Attempt.of(() -> new OurAnswers(run))).toList();
    }

    /** What came of a question: a result, or an answer that says how it failed. A plugin may fail to link, too. */
    private record Attempt<T>(@Nullable T result, AuditAnswer failure) {
        static <T> Attempt<T> of(Callable<T> question) {
            try {
                return new Attempt<>(question.call(), AuditAnswer.NULL);
            } catch (Exception | LinkageError e) {
                return new Attempt<>(null, AuditAnswer.failed(e));
            }
        }

        /** The answers in the result; where there is none, the failure for each group of the exact ones. */
        Map<String, AuditAnswer> answers(
                Function<T, Map<String, AuditAnswer>> inResult, Map<String, AuditAnswer> exact) {
            if (result != null) {
                return inResult.apply(result);
            }
            Map<String, AuditAnswer> failures = new HashMap<>();
            exact.keySet().forEach(group -> failures.put(group, failure));
            return failures;
        }
    }

    /** Asks Spark, and makes a line for each column and function. */
    List<AuditLine> lines() {
        List<AuditLine> lines = new ArrayList<>();
        for (AuditFunction function : AuditFunction.values()) {
            if (groups.isEmpty() || (function.isScaler() && data.group() != null)) {
                continue;
            }
            for (List<Integer> columns : questions(function)) {
                lines.addAll(ask(function, columns));
            }
        }
        return lines;
    }

    /**
     * The columns that go into one query together. A vector has no nulls: columns with nulls are asked about one by
     * one, and those without values not at all.
     */
    private List<List<Integer>> questions(AuditFunction function) {
        List<Integer> together = new ArrayList<>();
        List<List<Integer>> questions = new ArrayList<>();
        Group whole = ExactGroups.whole(groups, data.columns().size());
        for (int c = 0; c < data.columns().size(); c++) {
            long values = whole.columns().get(c).count();
            if (!function.isOfVectors() || (values > 0 && values == whole.rows())) {
                together.add(c);
            } else if (values > 0) {
                questions.add(List.of(c));
            }
        }
        if (!together.isEmpty()) {
            questions.add(together);
        }
        return questions;
    }

    private List<AuditLine> ask(AuditFunction function, List<Integer> columns) {
        recorder.take(); // what ran before
        List<Attempt<List<Map<String, AuditAnswer>>>> attempts = new ArrayList<>();
        for (AuditData run : runs) {
            AuditData asked = run.withColumns(columns);
            attempts.add(Attempt.of(() -> function.isOfVectors()
                    ? SparkAnswers.ofVectors(function, asked)
                    : SparkAnswers.ofNumbers(function, asked)));
        }
        List<String> operators = recorder.take();
        return IntStream.range(0, columns.size())
                .mapToObj(i -> {
                    int column = columns.get(i);
                    Map<String, AuditAnswer> exact =
                            exact(column, function::isDefinedFor, moments -> function.exact(moments, legacy));
                    List<Map<String, AuditAnswer>> answers = attempts.stream()
                            .map(attempt -> attempt.answers(result -> result.get(i), exact))
                            .toList();
                    Finding engine =
                            Finding.of(exact, answers, function.quantity().isSpread(), operators);
                    return line(function, column, engine);
                })
                .toList();
    }

    private AuditLine line(AuditFunction function, int column, Finding engine) {
        AuditData.Input input = data.columns().get(column);
        return new AuditLine(
                input.name(),
                input.purpose(),
                input.column(),
                groups.values().stream()
                        .mapToLong(group -> group.columns().get(column).count())
                        .sum(),
                data.group() == null ? 0 : groups.size(),
                function.toString(),
                engine,
                OurAnswers.QUANTITIES.contains(function.quantity()) ? ours(function.quantity(), column) : null);
    }

    private Finding ours(Quantity quantity, int column) {
        Map<String, AuditAnswer> exact =
                exact(column, moments -> true, moments -> AuditAnswer.of(quantity.of(moments)));
        // A batch of which no column has a value does not exist: nothing that could be wrong.
        Map<String, AuditAnswer> empty = new HashMap<>(exact);
        empty.keySet()
                .removeAll(exact(column, moments -> moments.count() > 0, moments -> AuditAnswer.NULL)
                        .keySet());
        List<Map<String, AuditAnswer>> answers = new ArrayList<>();
        for (Attempt<OurAnswers> attempt : ours) {
            Map<String, AuditAnswer> all = new HashMap<>(empty);
            all.putAll(attempt.answers(result -> result.of(quantity, column), exact));
            answers.add(all);
        }
        return Finding.of(exact, answers, quantity.isSpread(), List.of());
    }

    private Map<String, AuditAnswer> exact(
            int column, Predicate<ExactMoments> defined, Function<ExactMoments, AuditAnswer> answer) {
        Map<String, AuditAnswer> answers = new HashMap<>();
        groups.forEach((label, group) -> {
            ExactMoments moments = group.columns().get(column);
            if (defined.test(moments)) {
                answers.put(label, answer.apply(moments));
            }
        });
        return answers;
    }
}
