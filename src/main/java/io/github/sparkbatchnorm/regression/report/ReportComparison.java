package io.github.sparkbatchnorm.regression.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.regression.Check;
import io.github.sparkbatchnorm.regression.Check.Status;
import io.github.sparkbatchnorm.regression.engine.Environment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * Compares a report with an earlier one: other bits fail, and so do a throughput per core or bytes that are worse by
 * more than a tolerance, and, for throughput, by more than the noise of the rounds of both.
 */
public final class ReportComparison {
    /** Fewer rounds do not tell noise. */
    private static final int FEWEST_ROUNDS = 3;

    private static final List<String> BYTES = List.of("bytes_read", "bytes_shuffled", "bytes_written");

    private final JsonNode before;
    private final JsonNode after;
    private final double tolerance;

    /**
     * Creates a comparison.
     *
     * @param before the earlier report
     * @param after the new one
     * @param tolerance how much worse a rate may be: 0.2 for a fifth
     */
    public ReportComparison(JsonNode before, JsonNode after, double tolerance) {
        this.before = before;
        this.after = after;
        this.tolerance = tolerance;
    }

    /** {@return the checks, named {@code against/..}} */
    public List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        List<String> environment = Environment.differences(texts(before, "environment"), texts(after, "environment"));
        checks.add(new Check(
                "against/environment",
                Status.OK,
                environment.isEmpty() ? "no difference" : String.join(", ", environment),
                "any"));
        Map<String, JsonNode> earlier = byName(before.path("cases"), "name");
        Map<String, JsonNode> later = byName(after.path("cases"), "name");
        for (Map.Entry<String, JsonNode> entry : later.entrySet()) {
            String prefix = "against/" + entry.getKey() + "/";
            JsonNode old = earlier.get(entry.getKey());
            if (old == null) {
                checks.add(new Check(prefix + "digests", Status.SKIPPED, "", "the earlier report has no such case"));
            } else {
                checks.add(digests(prefix + "digests", texts(old, "digests"), texts(entry.getValue(), "digests")));
                checks.add(rates(prefix + "throughput", old, entry.getValue(), this::throughput));
                checks.add(rates(prefix + "bytes", old, entry.getValue(), this::bytes));
            }
        }
        earlier.keySet().stream()
                .filter(name -> !later.containsKey(name))
                .forEach(name -> checks.add(
                        new Check("against/" + name + "/digests", Status.SKIPPED, "", "this run has no such case")));
        return checks;
    }

    private Check rates(String name, JsonNode old, JsonNode now, Rates comparison) {
        String ended = RegressionReport.EXECUTORS_ENDED;
        return before.has(ended) || after.has(ended)
                ? new Check(name, Status.SKIPPED, "", "executors were ended while one of the runs was going on")
                : comparison.check(name, old, now);
    }

    /** A comparison of the rates of a case. */
    private interface Rates {
        Check check(String name, JsonNode old, JsonNode now);
    }

    private static Check digests(String name, Map<String, String> old, Map<String, String> now) {
        List<String> different = new ArrayList<>();
        int same = 0;
        for (Map.Entry<String, String> digest : now.entrySet()) {
            String earlier = old.get(digest.getKey());
            if (digest.getValue().equals(earlier)) {
                same++;
            } else if (earlier != null) {
                different.add(digest.getKey() + " " + digest.getValue() + " for " + earlier);
            }
        }
        if (same == 0 && different.isEmpty()) {
            return new Check(name, Status.SKIPPED, "", "the reports have no digests of one thing");
        }
        return new Check(
                name,
                different.isEmpty() ? Status.OK : Status.FAILED,
                different.isEmpty() ? same + " digests as before" : String.join(", ", different),
                "the digests of the earlier report");
    }

    private Check throughput(String name, JsonNode old, JsonNode now) {
        Map<String, JsonNode> earlier = byName(old.path("operations"), "operation");
        List<String> slower = new ArrayList<>();
        int compared = 0;
        for (Map.Entry<String, JsonNode> operation :
                byName(now.path("operations"), "operation").entrySet()) {
            JsonNode before = earlier.get(operation.getKey());
            JsonNode after = operation.getValue();
            if (before == null || rounds(before) < FEWEST_ROUNDS || rounds(after) < FEWEST_ROUNDS) {
                continue;
            }
            compared++;
            double ratio = after.path("values_per_second_and_core").asDouble()
                    / before.path("values_per_second_and_core").asDouble();
            double noise = spread(before) + spread(after);
            if (!(1 / ratio <= 1 + tolerance + noise)) {
                slower.add(String.format(
                        Locale.ROOT, "%s %.2f of before, with a noise of %.2f", operation.getKey(), ratio, noise));
            }
        }
        if (compared == 0) {
            return new Check(name, Status.SKIPPED, "", "no job ran three rounds or more in both");
        }
        return new Check(
                name,
                slower.isEmpty() ? Status.OK : Status.FAILED,
                slower.isEmpty() ? compared + " jobs as fast" : String.join(", ", slower),
                String.format(Locale.ROOT, "values a second and core within %.0f %% and the noise", 100 * tolerance));
    }

    private Check bytes(String name, JsonNode old, JsonNode now) {
        Map<String, JsonNode> earlier = byName(old.path("operations"), "operation");
        List<String> more = new ArrayList<>();
        int compared = 0;
        for (Map.Entry<String, JsonNode> operation :
                byName(now.path("operations"), "operation").entrySet()) {
            JsonNode before = earlier.get(operation.getKey());
            if (before == null) {
                continue;
            }
            compared++;
            for (String key : BYTES) {
                double was = before.path(key).asDouble() / old.path("values").asDouble();
                double is = operation.getValue().path(key).asDouble()
                        / now.path("values").asDouble();
                if (is > was * (1 + tolerance)) {
                    more.add(String.format(
                            Locale.ROOT, "%s: %s %.3f a value for %.3f", operation.getKey(), key, is, was));
                }
            }
        }
        if (compared == 0) {
            return new Check(name, Status.SKIPPED, "", "the reports have no job of one name");
        }
        return new Check(
                name,
                more.isEmpty() ? Status.OK : Status.FAILED,
                more.isEmpty() ? compared + " jobs read, shuffle and write no more" : String.join(", ", more),
                String.format(Locale.ROOT, "bytes within %.0f %%", 100 * tolerance));
    }

    private static int rounds(JsonNode operation) {
        return operation.path("seconds").size();
    }

    /** From the fastest round to the slowest, relative to the median. */
    private static double spread(JsonNode operation) {
        List<Double> seconds = StreamSupport.stream(operation.path("seconds").spliterator(), false)
                .map(JsonNode::asDouble)
                .sorted()
                .toList();
        return (seconds.get(seconds.size() - 1) - seconds.get(0)) / median(seconds);
    }

    static double median(List<Double> numbers) {
        List<Double> sorted = numbers.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }

    private static Map<String, JsonNode> byName(JsonNode array, String key) {
        Map<String, JsonNode> byName = new LinkedHashMap<>();
        array.forEach(node -> byName.put(node.path(key).asText(), node));
        return byName;
    }

    private static Map<String, String> texts(JsonNode report, String key) {
        Map<String, String> texts = new LinkedHashMap<>();
        report.path(key)
                .properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }
}
