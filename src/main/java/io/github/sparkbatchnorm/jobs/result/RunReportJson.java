package io.github.sparkbatchnorm.jobs.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.jobs.console.Choice;
import io.github.sparkbatchnorm.spark.meter.TaskCounts;
import io.github.sparkbatchnorm.spark.shims.Secrets;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.util.VersionInfo;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.util.Properties;

/**
 * The report of a run as JSON: what it read, did and found, and under which settings. Secrets among the options of data
 * sources and the settings of Spark are redacted as Spark does.
 */
public final class RunReportJson {
    private static final String FORMAT = "spark-batchnorm-run";
    private static final int VERSION = 1;

    /** The settings that what a run does, and how long it takes, depend on; catalogs may hold credentials. */
    private static final Pattern SETTINGS =
            Pattern.compile("spark\\.(master|submit\\.deployMode|driver\\.(memory|cores|maxResultSize)"
                    + "|executor\\.(memory|cores|instances|pyspark|processTreeMetrics).*|cores\\.max|default\\.parallelism"
                    + "|(task|stage|speculation|dynamicAllocation|excludeOnFailure|shuffle|memory|storage|serializer|kryo"
                    + "|kryoserializer|io|rdd|broadcast|network|locality|files|plugins|decommission|batchnorm"
                    + "|sql(?!\\.catalog))(\\..*)?)");

    /** Those of them that are told even where nobody has set them. */
    private static final List<String> ALWAYS = List.of(
            "spark.sql.adaptive.enabled",
            "spark.sql.files.maxPartitionBytes",
            "spark.sql.session.timeZone",
            "spark.sql.shuffle.partitions");

    private final ObjectMapper mapper = new ObjectMapper();
    private final String command;
    private final ObjectNode options = mapper.createObjectNode();
    private final ObjectNode versions = mapper.createObjectNode();
    private final ObjectNode settings = mapper.createObjectNode();
    private @Nullable String application;

    /**
     * How a run ended.
     *
     * @param exit the exit code
     * @param error what the user reads, without {@code error: }; null for a success
     */
    public record Outcome(int exit, @Nullable String error) {}

    /**
     * Starts a report.
     *
     * @param command its name
     * @param given the values of its options
     */
    public RunReportJson(String command, Map<String, Object> given) {
        this.command = command;
        Secrets secrets = new Secrets(new SparkConf());
        given.forEach((name, value) -> add(name, value, secrets));
        versions.put("spark_batchnorm", RunReportJson.class.getPackage().getImplementationVersion());
        versions.put("spark", org.apache.spark.package$.MODULE$.SPARK_VERSION());
        versions.put("scala", Properties.versionNumberString());
        versions.put("hadoop", VersionInfo.getVersion());
        versions.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    }

    private void add(String name, Object value, Secrets secrets) {
        if (value instanceof Boolean flag) {
            options.put(name, flag);
        } else if (value instanceof Integer number) {
            options.put(name, number);
        } else if (value instanceof Enum<?> choice) {
            options.put(name, Choice.word(choice));
        } else if (value instanceof List<?> list) {
            ArrayNode array = options.putArray(name);
            list.forEach(each -> array.add(Secrets.withoutPasswords(String.valueOf(each))));
        } else if (value instanceof Map<?, ?> map) {
            Map<String, String> texts = new TreeMap<>();
            map.forEach((key, each) -> texts.put(String.valueOf(key), String.valueOf(each)));
            secrets.redactOptions(texts).forEach(options.putObject(name)::put);
        } else {
            options.put(name, Secrets.withoutPasswords(String.valueOf(value)));
        }
    }

    /** Adds the settings that are in force, and the application. */
    public void in(SparkSession session) {
        application = session.sparkContext().applicationId();
        Map<String, String> inForce = new TreeMap<>();
        for (Tuple2<String, String> setting : session.sparkContext().getConf().getAll()) {
            inForce.put(setting._1, setting._2);
        }
        inForce.putAll(CollectionConverters.asJava(session.conf().getAll()));
        inForce.keySet().removeIf(key -> !SETTINGS.matcher(key).matches());
        ALWAYS.forEach(key -> inForce.put(key, session.conf().get(key)));
        new Secrets(session.sparkContext().getConf()).redact(inForce).forEach(settings::put);
    }

    /**
     * The report in UTF-8.
     *
     * @param record of the run
     * @param counts of its tasks; null if Spark did not start
     */
    public byte[] bytes(RunRecord.Snapshot record, @Nullable TaskCounts counts, Outcome outcome) {
        ObjectNode root = mapper.createObjectNode();
        root.put("format", FORMAT).put("version", VERSION).put("command", command);
        root.put("status", outcome.error() == null ? "succeeded" : "failed");
        root.put("exit_code", outcome.exit());
        root.put("error", outcome.error() == null ? null : Secrets.withoutPasswords(outcome.error()));
        root.put("started", record.started().truncatedTo(ChronoUnit.MILLIS).toString());
        root.put("ended", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        root.put("application", application);
        RunRecord.Found found = record.found();
        root.put("rows", found.rows()).put("batches", found.batches()).put("channels", found.channels());
        root.put("digest", found.digest());
        ObjectNode seconds = root.putObject("seconds");
        for (RunRecord.Phase phase : RunRecord.Phase.values()) {
            Double time = record.seconds().get(phase);
            seconds.put(phase.name().toLowerCase(Locale.ROOT), time == null ? null : millis(time));
        }
        seconds.put("total", millis(record.totalSeconds()));
        add(root, counts);
        root.set("versions", versions);
        root.set("options", options);
        root.set("settings", settings);
        try {
            String text = mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
            return (text + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e); // a tree can be written
        }
    }

    private static void add(ObjectNode root, @Nullable TaskCounts counts) {
        if (counts == null) {
            root.putNull("cpu_seconds").putNull("bytes").putNull("tasks").putNull("executors");
            return;
        }
        root.put("cpu_seconds", millis(counts.cpuSeconds()));
        TaskCounts.Bytes bytes = counts.bytes();
        root.putObject("bytes")
                .put("read", bytes.read())
                .put("shuffled", bytes.shuffled())
                .put("spilled", bytes.spilled())
                .put("written", bytes.written())
                .put("results", bytes.results());
        TaskCounts.Tasks tasks = counts.tasks();
        root.putObject("tasks")
                .put("launched", tasks.launched())
                .put("succeeded", tasks.succeeded())
                .put("failed", tasks.failed())
                .put("killed", tasks.killed())
                .put("retried", tasks.retried())
                .put("speculative", tasks.speculative());
        TaskCounts.Executors executors = counts.executors();
        root.putObject("executors")
                .put("used", executors.used())
                .put("lost", executors.lost())
                .put("released", executors.released());
    }

    /** Seconds to the millisecond. */
    private static double millis(double seconds) {
        return Math.round(seconds * 1e3) / 1e3;
    }
}
