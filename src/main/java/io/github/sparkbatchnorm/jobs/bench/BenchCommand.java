package io.github.sparkbatchnorm.jobs.bench;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench}: times statistics and normalization beside a bare scan, a plain copy and Spark's own functions. */
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

    /** @param console the terminal */
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
        target().addTo(paths);
        paths.check();
    }

    @Override
    protected void run() {
        check();
        long start = System.nanoTime();
        JsonTarget target = target();
        Console results = target.report();
        BenchReport report = new BenchReport(values);
        try (SparkScope spark = SparkScope.open(spec.name());
                Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            target.addTo(publisher);
            publisher.prepare();
            Path work = new Path(folder, "batchnorm-bench-" + UUID.randomUUID());
            try {
                for (BenchData dataSet : BenchData.all()) {
                    if (only.isEmpty() || only.contains(dataSet.name())) {
                        List<BenchTiming> timings = time(spark, dataSet, new Path(work, dataSet.name()));
                        results.out().println(report.add(dataSet, timings));
                        results.out().println();
                    }
                }
            } finally {
                delete(spark, work);
            }
            results.out().println(report.ratios());
            target.write(publisher, out -> report.write(rounds, warmUp, out));
            publisher.publish();
        }
        results.time(since(start));
        target.print();
    }

    private JsonTarget target() {
        return new JsonTarget("--json", json, console);
    }

    private void delete(SparkScope spark, Path work) {
        Publisher.deleteOrWarn(work, spark.hadoopConfiguration(), console);
    }

    private List<BenchTiming> time(SparkScope spark, BenchData dataSet, Path path) {
        spark.describe("bench on " + dataSet.name());
        long rows = dataSet.rows(values);
        Dataset<Row> data = make(spark.session(), dataSet, rows, new Path(path, "data"));
        boolean first = dataSet.equals(BenchData.all().get(0));
        Dataset<Row> twice = first ? make(spark.session(), dataSet, 2 * rows, new Path(path, "twice")) : null;
        Path output = new Path(path, "output");
        BenchOperations operations = BenchOperations.prepare(dataSet, data, twice, output);
        BenchRounds operationsInRounds =
                new BenchRounds(operations.reads(), operations.writes(), () -> delete(spark, output));
        List<BenchTiming> timings = operationsInRounds.time(warmUp, rounds);
        delete(spark, path);
        return timings;
    }

    private static Dataset<Row> make(SparkSession session, BenchData dataSet, long rows, Path path) {
        try {
            new OutputWriter("parquet", Map.of()).write(dataSet.make(session, rows), dataSet.columns(), path);
        } catch (RuntimeException e) {
            throw new BatchNormException(
                    "data cannot be made in " + path + ": " + ErrorLine.reason(e) + "; give another --folder", e);
        }
        return session.read().parquet(path.toString());
    }
}
