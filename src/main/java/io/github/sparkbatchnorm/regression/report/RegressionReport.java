package io.github.sparkbatchnorm.regression.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.regression.CaseResult;
import io.github.sparkbatchnorm.regression.Check;
import io.github.sparkbatchnorm.regression.engine.ExecutorEnds;
import io.github.sparkbatchnorm.regression.engine.Hosts;
import io.github.sparkbatchnorm.regression.engine.JobMeter.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The report of a run: a JSON object of the environment, the digests and rates of each case, the executors, the audit
 * and the checks.
 */
public final class RegressionReport {
    private static final String FORMAT = "spark-batchnorm-regression";
    private static final int VERSION = 1;
    /** The key of a run in which executors were ended. */
    static final String EXECUTORS_ENDED = "executors_ended";

    private final ObjectMapper mapper = new ObjectMapper();
    private final ObjectNode root = mapper.createObjectNode();

    /**
     * Starts a report.
     *
     * @param suite what ran
     * @param environment what it ran on
     */
    public RegressionReport(String suite, Map<String, String> environment) {
        root.put("format", FORMAT).put("version", VERSION).put("suite", suite);
        ObjectNode node = root.putObject("environment");
        environment.forEach(node::put);
        root.putArray("cases");
    }

    /**
     * Adds a case.
     *
     * @param result of the case
     * @param cores of all executors together
     */
    public void add(CaseResult result, int cores) {
        ObjectNode node = root.withArray("cases").addObject();
        node.put("name", result.name()).put("values", result.values());
        new TreeMap<>(result.digests()).forEach(node.putObject("digests")::put);
        ArrayNode operations = node.putArray("operations");
        new TreeMap<>(result.usages())
                .forEach((operation, rounds) -> add(operations.addObject(), operation, rounds, result.values(), cores));
    }

    private static void add(ObjectNode node, String operation, List<Usage> rounds, long values, int cores) {
        node.put("operation", operation);
        rounds.forEach(round -> node.withArray("seconds").add(round.seconds()));
        rounds.forEach(round -> node.withArray("cpu_seconds").add(round.cpuSeconds()));
        double median =
                ReportComparison.median(rounds.stream().map(Usage::seconds).toList());
        node.put("values_per_second_and_core", values / (median * cores));
        node.put("bytes_read", rounds.get(0).bytesRead());
        node.put("bytes_shuffled", rounds.get(0).bytesShuffled());
        node.put("bytes_written", rounds.get(0).bytesWritten());
    }

    /**
     * Adds the executors.
     *
     * @param hosts null if they were not checked
     */
    public void add(@Nullable Hosts hosts) {
        if (hosts != null) {
            ObjectNode node = root.putObject("hosts");
            hosts.reached().forEach(node.putArray("reached")::add);
            hosts.different().forEach(node.putArray("different")::add);
            hosts.notReached().forEach(node.putArray("not_reached")::add);
        }
    }

    /**
     * Adds the executors that were ended.
     *
     * @param ended null if none were to be
     */
    public void add(ExecutorEnds.@Nullable Result ended) {
        if (ended != null) {
            root.putObject(EXECUTORS_ENDED)
                    .put("in_the_middle", ended.inTheMiddle())
                    .put("between", ended.between())
                    .put("replaced", ended.replaced());
        }
    }

    /**
     * Adds a part of the report.
     *
     * @param key its name
     * @param part its content
     */
    public void add(String key, JsonNode part) {
        root.set(key, part);
    }

    /**
     * Adds the checks.
     *
     * @param checks that were made
     */
    public void add(List<Check> checks) {
        ArrayNode node = root.putArray("checks");
        for (Check check : checks) {
            node.addObject()
                    .put("name", check.name())
                    .put("status", check.status().toString())
                    .put("found", check.found())
                    .put("expected", check.expected());
        }
    }

    /** {@return the report as JSON} */
    public ObjectNode json() {
        return root;
    }

    /**
     * Writes the report.
     *
     * @param out stays open
     * @throws IOException if it cannot be written
     */
    public void write(OutputStream out) throws IOException {
        out.write(mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
        out.write('\n');
    }

    /**
     * {@return an earlier report}
     *
     * @param json what {@link #write} wrote
     * @param source where it is from, for messages
     * @throws BatchNormException if it is no report
     */
    public static JsonNode read(String json, String source) {
        JsonNode report;
        try {
            report = new ObjectMapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new BatchNormException(source + " is no JSON: " + e.getOriginalMessage(), e);
        }
        String format = report.path("format").asText();
        int version = report.path("version").asInt();
        if (!format.equals(FORMAT) || version != VERSION) {
            throw new BatchNormException(source + " is no report of regress: its format is '" + format + "', version "
                    + version + "; expected " + FORMAT + ", version " + VERSION + ", which --json writes");
        }
        return report;
    }
}
