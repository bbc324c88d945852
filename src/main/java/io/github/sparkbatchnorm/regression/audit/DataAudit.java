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
        if (groups.isEmpty()) {
            return lines;
        }
        List<Integer> all = new ArrayList<>();
        List<List<Integer>> vectors = new ArrayList<>();
        List<Integer> withoutNulls = new ArrayList<>();
        Group whole = ExactGroups.whole(groups, data.columns().size());
        for (int c = 0; c < data.columns().size(); c++) {
            all.add(c);
            long values = whole.columns().get(c).count();
            if (values > 0 && values == whole.rows()) {
                withoutNulls.add(c);
            } else if (values > 0) {
                vectors.add(List.of(c)); // a vector has no nulls
            }
        }
        if (!withoutNulls.isEmpty()) {
            vectors.add(0, withoutNulls);
        }
        for (AuditFunction function : AuditFunction.values()) {
            if (!function.isOfVectors()) {
                lines.addAll(ask(List.of(function), all));
            }
        }
        for (List<Integer> columns : vectors) {
            lines.addAll(ask(AuditFunction.SUMMARIZER, columns));
            if (data.group() == null) {
                lines.addAll(ask(AuditFunction.SCALER, columns));
            }
        }
        return lines;
    }

    private List<AuditLine> ask(List<AuditFunction> functions, List<Integer> columns) {
        recorder.take(); // what ran before
        List<Attempt<SparkAnswers>> attempts = new ArrayList<>();
        for (AuditData run : runs) {
            AuditData asked = run.withColumns(columns);
            attempts.add(Attempt.of(() -> new SparkAnswers(functions, asked)));
        }
        List<String> operators = recorder.take();
        List<AuditLine> lines = new ArrayList<>();
        for (AuditFunction function : functions) {
            for (int i = 0; i < columns.size(); i++) {
                lines.add(line(function, columns.get(i), i, attempts, operators));
            }
        }
        return lines;
    }

    /**
     * A line for a function of a column.
     *
     * @param place of the column in the query
     */
    private AuditLine line(
            AuditFunction function,
            int column,
            int place,
            List<Attempt<SparkAnswers>> attempts,
            List<String> operators) {
        Map<String, AuditAnswer> exact =
                exact(column, function::isDefinedFor, moments -> function.exact(moments, legacy));
        List<Map<String, AuditAnswer>> answers = attempts.stream()
                .map(attempt -> attempt.answers(result -> result.of(function, place), exact))
                .toList();
        Finding engine = Finding.of(exact, answers, function.quantity().isSpread(), operators);
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
