package io.github.sparkbatchnorm.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.jobs.console.TextTable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The timings of a benchmark as tables and as JSON. */
final class BenchReport {
    private static final double MEGABYTE = 1 << 20;

    private final long values;
    private final Map<BenchData, List<BenchTiming>> timings = new LinkedHashMap<>();

    /** @param values how many values each data set has, about */
    BenchReport(long values) {
        this.values = values;
    }

    /**
     * Adds a data set.
     *
     * @param ofDataSet a timing for each operation, that of the bare scan first
     * @return the table of the data set
     */
    String add(BenchData dataSet, List<BenchTiming> ofDataSet) {
        timings.put(dataSet, List.copyOf(ofDataSet));
        long rows = dataSet.rows(values);
        BenchTiming scan = ofDataSet.get(0);
        List<String[]> lines = new ArrayList<>();
        for (BenchTiming timing : ofDataSet) {
            lines.add(new String[] {
                timing.operation(),
                format("%.3f", timing.median()),
                format("%.3f - %.3f", timing.fastest(), timing.slowest()),
                format("%.2f", timing.median() * 1e9 / (rows * dataSet.length())),
                format("%.2f", timing.ratioTo(scan)),
                format("%.0f", timing.peakHeap() / MEGABYTE)
            });
        }
        String title = dataSet.name() + " " + dataSet.shape() + ", " + format("%,d rows", rows);
        return TextTable.of(List.of(title, "seconds", "from - to", "ns a value", "/ scan", "heap MB"), 1, lines);
    }

    /** The table of the ratios of all data sets. */
    String ratios() {
        return BenchRatios.table(timings);
    }

    private static String format(String pattern, Object... arguments) {
        return String.format(Locale.ROOT, pattern, arguments);
    }

    /** Writes all timings and ratios as JSON. */
    void write(int rounds, int warmUp, OutputStream out) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        root.put("values", values).put("rounds", rounds).put("warm_up", warmUp);
        ArrayNode dataSets = root.putArray("data_sets");
        timings.forEach((dataSet, ofDataSet) -> describe(dataSet, ofDataSet, dataSets.addObject()));
        ArrayNode ratios = root.putArray("ratios");
        for (BenchRatios.Ratio ratio : BenchRatios.of(timings)) {
            ratios.addObject()
                    .put("data_set", ratio.data())
                    .put("ratio", ratio.name())
                    .put("value", ratio.value());
        }
        mapper.writeValue(out, root);
    }

    private void describe(BenchData dataSet, List<BenchTiming> ofDataSet, ObjectNode node) {
        node.put("name", dataSet.name()).put("rows", dataSet.rows(values)).put("channels_last", dataSet.channelsLast());
        dataSet.shape().forEach(node.withArray("shape")::add);
        ArrayNode operations = node.putArray("operations");
        for (BenchTiming timing : ofDataSet) {
            ObjectNode operation = operations.addObject();
            operation.put("operation", timing.operation()).put("median_seconds", timing.median());
            timing.seconds().forEach(operation.putArray("seconds")::add);
            operation.put("peak_heap_bytes", timing.peakHeap());
        }
    }
}
