package io.github.sparkbatchnorm.jobs.bench;

import io.github.sparkbatchnorm.jobs.console.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The ratios of timings, which depend less on the machine than the timings. */
final class BenchRatios {
    private BenchRatios() {}

    /** The median of a ratio over the rounds on a data set. */
    record Ratio(String data, String name, double value) {}

    static List<Ratio> of(Map<BenchData, List<BenchTiming>> results) {
        List<Ratio> ratios = new ArrayList<>();
        results.forEach((data, timings) -> {
            Map<String, BenchTiming> by =
                    timings.stream().collect(Collectors.toMap(BenchTiming::operation, Function.identity()));
            add(ratios, data, by, BenchOperations.STATS, BenchOperations.SCAN);
            add(ratios, data, by, BenchOperations.EVAL, BenchOperations.COPY);
            add(ratios, data, by, BenchOperations.TRAIN, BenchOperations.SCAN, BenchOperations.COPY);
            add(ratios, data, by, BenchOperations.TRAIN, BenchOperations.UNGUARDED);
            add(ratios, data, by, BenchOperations.SCALER_FIT, BenchOperations.FIT);
            add(ratios, data, by, BenchOperations.SCALER_TRANSFORM, BenchOperations.EVAL);
            add(ratios, data, by, BenchOperations.SQL, BenchOperations.STATS);
            add(ratios, data, by, MlOperations.FIT, BenchOperations.FIT);
            add(ratios, data, by, MlOperations.NOOP, MlOperations.SCALER_NOOP);
            String peer = data.isVector() ? BenchOperations.SCALER_TRANSFORM : BenchOperations.EVAL;
            add(ratios, data, by, MlOperations.TRANSFORM, peer);
            add(ratios, data, by, SqlOperations.CALL_FIT, BenchOperations.FIT);
            add(ratios, data, by, SqlOperations.DESCRIBE, BenchOperations.STATS);
            add(ratios, data, by, SqlOperations.MODEL, BenchOperations.EVAL);
            add(ratios, data, by, SqlOperations.EXACT, SqlOperations.VAR_POP);
            add(ratios, data, by, BenchOperations.ORDERED, BenchOperations.STATS);
            add(ratios, data, by, BenchOperations.INTERLEAVED, BenchOperations.STATS);
            add(ratios, data, by, BenchOperations.STATS_TWICE, BenchOperations.STATS);
            add(ratios, data, by, BenchOperations.TRAIN_TWICE, BenchOperations.TRAIN);
        });
        return ratios;
    }

    private static void add(
            List<Ratio> ratios, BenchData data, Map<String, BenchTiming> by, String what, String... others) {
        BenchTiming timing = by.get(what);
        if (timing != null) {
            BenchTiming[] to = new BenchTiming[others.length];
            for (int i = 0; i < to.length; i++) {
                to[i] = by.get(others[i]);
            }
            String name = what + " / " + (others.length == 1 ? others[0] : "(" + String.join(" + ", others) + ")");
            ratios.add(new Ratio(data.name(), name, timing.ratioTo(to)));
        }
    }

    static String table(Map<BenchData, List<BenchTiming>> results) {
        List<String[]> lines = new ArrayList<>();
        for (Ratio ratio : of(results)) {
            lines.add(new String[] {ratio.data(), ratio.name(), String.format(Locale.ROOT, "%.2f", ratio.value())});
        }
        return TextTable.of(List.of("data", "ratio", "median"), 2, lines);
    }
}
