package io.github.sparkbatchnorm.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.TextTable;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonResult;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.state.HadoopFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench}: how fast ours is beside a bare scan, a plain copy and what Spark has, in one application. */
@Command(
        name = "bench",
        description = {
            "Times statistics and normalization beside a bare scan, a plain copy, Spark ML's StandardScaler and SQL"
                    + " aggregates, on data made for it, in rounds: each round runs what only reads three times in turn (the"
                    + " median counts), then what writes.",
            "Data sets: floats, doubles, vectors, sparse, binary (samples of shape [256]), columns (32 channels),"
                    + " images ([64,64,3]), floats-2d ([64,28,28]), floats-2d-last, floats-3d ([16,8,16,16]),"
                    + " floats-3d-last (channels last)."
        },
        sortOptions = false,
        customSynopsis = {"jobs/batchnorm [spark-submit options] bench [options]"},
        footer = {
            "%nExamples:",
            "  jobs/batchnorm --master 'local[2]' bench --only floats,floats-2d",
            "  jobs/batchnorm --master spark://host:7077 bench --values 1000000000 \\",
            "      --folder hdfs:///tmp --json bench.json"
        })
public final class BenchCommand extends SparkCommand {
    private static final double MEGABYTE = 1 << 20;

    /** What only reads takes a fraction of a second. It runs so many times in a round, and the median counts. */
    private static final int READS_A_ROUND = 3;

    @Option(
            order = 1,
            names = "--values",
            paramLabel = "N",
            description = "Values of each data set. Default: 16000000.")
    long values = 16_000_000;

    @Option(
            order = 2,
            names = "--only",
            paramLabel = "NAME",
            split = ",",
            description = "These data sets only. Default: all.")
    List<String> only = new ArrayList<>();

    @Option(order = 3, names = "--rounds", paramLabel = "N", description = "Timed rounds. Default: 5.")
    int rounds = 5;

    @Option(order = 4, names = "--warm-up", paramLabel = "N", description = "Rounds before these. Default: 2.")
    int warmUp = 2;

    @Option(
            order = 5,
            names = "--folder",
            paramLabel = "PATH",
            description = "Where data is made and deleted again, in a folder of its own. Default: the temporary folder"
                    + " of this machine.")
    String folder = System.getProperty("java.io.tmpdir", "/tmp");

    @Option(
            order = 59,
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the times to this file, too; - is standard output, and everything else goes to standard"
                            + " error.")
    @Nullable
    String json;

    @Option(order = 82, names = "--overwrite", description = "Replace a --json file that exists.")
    boolean overwrite;

    public BenchCommand(Console console) {
        super(console);
    }

    private void check() {
        List<String> names = BenchData.all().stream().map(BenchData::name).toList();
        for (String name : only) {
            if (!names.contains(name)) {
                throw new UsageException(
                        "there is no data set '" + name + "'; expected some of " + String.join(", ", names));
            }
        }
        if (values < 1) {
            throw new UsageException("--values is " + values + "; expected 1 or more");
        }
        if (rounds < 1) {
            throw new UsageException("--rounds is " + rounds + "; expected 1 or more");
        }
        if (warmUp < 0) {
            throw new UsageException("--warm-up is " + warmUp + "; expected 0 or more");
        }
        TargetPaths paths = new TargetPaths().input("--folder", folder);
        result().addTo(paths);
        paths.check();
    }

    @Override
    protected void run() {
        check();
        long start = System.nanoTime();
        JsonResult result = result();
        Console report = result.report();
        try (SparkScope spark = SparkScope.open(spec.name());
                Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            result.addTo(publisher);
            publisher.prepare();
            Map<BenchData, List<BenchTiming>> results = new LinkedHashMap<>();
            Path work = new Path(folder, "batchnorm-bench-" + UUID.randomUUID());
            try {
                for (BenchData made : BenchData.all()) {
                    if (only.isEmpty() || only.contains(made.name())) {
                        List<BenchTiming> timings = time(spark, made, new Path(work, made.name()));
                        results.put(made, timings);
                        print(made, timings, report.out());
                    }
                }
            } finally {
                delete(spark, work);
            }
            report.out().println(BenchRatios.table(results));
            result.write(publisher, out -> new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValue(out, toJson(results)));
            publisher.publish();
        }
        report.time(since(start));
        result.print("json");
    }

    private JsonResult result() {
        return new JsonResult("--json", json, console);
    }

    private void delete(SparkScope spark, Path work) {
        boolean gone;
        try {
            FileSystem fileSystem = HadoopFiles.fileSystem(work, spark.hadoopConfiguration());
            gone = HadoopFiles.delete(fileSystem, work);
        } catch (IOException e) {
            gone = false;
        }
        if (!gone) {
            console.warning(Publisher.notDeleted(List.of(work)));
        }
    }

    private List<BenchTiming> time(SparkScope spark, BenchData made, Path place) {
        spark.describe("bench on " + made.name());
        long rows = rows(made);
        Dataset<Row> data = make(spark.session(), made, rows, new Path(place, "data"));
        boolean main = made.equals(BenchData.all().get(0));
        Dataset<Row> twice = main ? make(spark.session(), made, 2 * rows, new Path(place, "twice")) : null;
        Path output = new Path(place, "output");
        BenchOperations operations = new BenchOperations(made, data, output);
        Map<String, Runnable> reads = operations.reads(twice);
        Map<String, Runnable> writes = operations.writes(twice);
        Map<String, BenchTiming> timings = new LinkedHashMap<>();
        for (int round = -warmUp; round < rounds; round++) {
            Map<String, BenchTiming> turns = new LinkedHashMap<>();
            // Memory that a collection gave back to the system costs more than a scan to get again: the heap is watched
            // in a turn of its own.
            reads.forEach((name, read) -> turns.put(name, new BenchTiming(name, List.of(), peakHeap(read))));
            for (int turn = 0; turn < READS_A_ROUND; turn++) {
                reads.forEach((name, read) ->
                        turns.merge(name, new BenchTiming(name, List.of(seconds(read)), 0), BenchTiming::then));
            }
            writes.forEach((name, write) -> {
                double[] took = new double[1];
                long peak = peakHeap(() -> took[0] = seconds(write));
                turns.put(name, new BenchTiming(name, List.of(took[0]), peak));
                delete(spark, output);
            });
            if (round >= 0) {
                turns.forEach((name, inTurn) -> timings.merge(name, inTurn.ofRound(), BenchTiming::then));
            }
        }
        delete(spark, place);
        return List.copyOf(timings.values());
    }

    private static double seconds(Runnable operation) {
        long start = System.nanoTime();
        operation.run();
        return since(start).toNanos() / 1e9;
    }

    /** Begins with a clean heap, and collects garbage at the end. */
    private static long peakHeap(Runnable operation) {
        System.gc();
        try (HeapWatch heap = new HeapWatch()) {
            operation.run();
            return heap.peak();
        }
    }

    private long rows(BenchData made) {
        return Math.max(1, values / made.length());
    }

    private static Dataset<Row> make(SparkSession session, BenchData made, long rows, Path path) {
        try {
            new OutputWriter("parquet", Map.of()).write(made.make(session, rows), made.columns(), path);
        } catch (RuntimeException e) {
            throw new BatchNormException(
                    "data cannot be made in " + path + ": " + ErrorLine.reason(e) + "; give another --folder", e);
        }
        return session.read().parquet(path.toString());
    }

    private void print(BenchData made, List<BenchTiming> timings, PrintStream out) {
        List<String[]> lines = new ArrayList<>();
        BenchTiming scan = timings.get(0);
        for (BenchTiming timing : timings) {
            lines.add(new String[] {
                timing.operation(),
                format("%.3f", timing.median()),
                format("%.3f - %.3f", timing.fastest(), timing.slowest()),
                format("%.2f", timing.median() * 1e9 / (rows(made) * made.length())),
                format("%.2f", timing.ratioTo(scan)),
                format("%.0f", timing.peakHeap() / MEGABYTE)
            });
        }
        out.println(TextTable.of(
                List.of(
                        made.name() + " " + made.shape() + ", " + format("%,d rows", rows(made)),
                        "seconds",
                        "from - to",
                        "ns a value",
                        "/ scan",
                        "heap MB"),
                1,
                lines));
        out.println();
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    private ObjectNode toJson(Map<BenchData, List<BenchTiming>> results) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        root.put("values", values).put("rounds", rounds).put("warm_up", warmUp);
        ArrayNode sets = root.putArray("data_sets");
        results.forEach((made, timings) -> {
            ObjectNode set = sets.addObject();
            set.put("name", made.name()).put("rows", rows(made)).put("channels_last", made.channelsLast());
            made.shape().forEach(set.withArray("shape")::add);
            ArrayNode operations = set.putArray("operations");
            for (BenchTiming timing : timings) {
                ObjectNode node = operations.addObject();
                node.put("operation", timing.operation()).put("median_seconds", timing.median());
                timing.seconds().forEach(node.putArray("seconds")::add);
                node.put("peak_heap_bytes", timing.peakHeap());
            }
        });
        ArrayNode ratios = root.putArray("ratios");
        for (BenchRatios.Ratio ratio : BenchRatios.of(results)) {
            ratios.addObject()
                    .put("data_set", ratio.data())
                    .put("ratio", ratio.name())
                    .put("value", ratio.value());
        }
        return root;
    }
}
