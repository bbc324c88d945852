package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.result.StatisticsJson;
import io.github.sparkbatchnorm.regression.generate.ExpectedStatistics;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code generate}: makes data whose exact statistics are known in closed form, and these statistics. */
@Command(
        name = "generate",
        description = {
            "Makes data of any size on the executors, whose exact statistics are known without reading it: columns id,"
                    + " x (or x0, x1, ..), and batch and dy (or dy0, ..) where asked for.",
            "A row depends on the options and its number alone: it is the same in any partitioning, format and kind."
                    + " Without --output, Spark does not start."
        },
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm [spark-submit options] generate",
            "           --rows N --shape C[,..] --seed N --output PATH [--expected FILE] [options]",
            "       jobs/batchnorm generate --rows N --shape C[,..] --seed N --expected FILE [options]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm generate --rows 1e5 --shape 64 --seed 1 --output target/data \\",
            "      --expected target/expected.json",
            "  jobs/batchnorm stats --input target/data --column x --shape 64",
            "  jobs/batchnorm generate --rows 1e12 --shape 3,32,32 --seed 1 --batches 1000 --expected -",
            "  jobs/batchnorm --master spark://host:7077 generate --rows 1e9 --shape 256 --seed 1 \\",
            "      --profile mixed --partitions 5000 --skew 50 --output hdfs:///generated"
        })
final class GenerateCommand extends SparkCommand {
    @Mixin
    GeneratedData data = new GeneratedData();

    @Option(
            order = 51,
            names = "--output",
            paramLabel = "PATH",
            description = "Folder for the data. A link is followed.")
    @Nullable
    String output;

    @Option(
            order = 52,
            names = "--output-format",
            paramLabel = "NAME",
            description = "parquet (default); orc, without vectors; json, with array, nested and columns; csv, with"
                    + " columns; or what --packages bring.")
    @Nullable
    String format;

    @Option(
            order = 53,
            names = "--expected",
            paramLabel = "FILE",
            description = "Write the statistics that the data has, as the JSON of stats and with a digest, which follow"
                    + " from the options; - is standard output, and everything else goes to standard error.")
    @Nullable
    String expected;

    @Option(
            order = 82,
            names = "--overwrite",
            description = "Replace an output and a file that exist. What stands behind a symbolic link is replaced.")
    boolean overwrite;

    GenerateCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        GeneratorOptions options = data.options();
        if (output == null && expected == null) {
            throw new UsageException("neither --output nor --expected is given; give a place for the data, for the"
                    + " statistics that it has, or both");
        }
        if (output == null && format != null) {
            throw new UsageException("--output-format says how --output is written; give --output, or leave it away");
        }
        JsonTarget target = new JsonTarget("--expected", expected, console);
        TargetPaths paths = new TargetPaths();
        target.addTo(paths);
        long start = System.nanoTime();
        ResultLines lines = output == null
                ? withoutData(options, paths, target)
                : withData(options, new GeneratedOutput(options, format), output, paths, target);
        lines.print(target.report(), since(start));
        target.print();
    }

    /** Writes the statistics alone: without Spark, so that local files are meant. */
    private ResultLines withoutData(GeneratorOptions options, TargetPaths paths, JsonTarget target) {
        paths.check();
        try (Publisher publisher = new Publisher(new Configuration(), overwrite, console)) {
            target.addTo(publisher);
            publisher.prepare();
            ResultLines lines = expect(options, publisher, target);
            publisher.publish();
            return lines;
        }
    }

    private ResultLines withData(
            GeneratorOptions options, GeneratedOutput generated, String folder, TargetPaths paths, JsonTarget target) {
        paths.folder("--output", folder).check();
        try (SparkScope spark = SparkScope.open(spec.name());
                Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            PublishTarget place = publisher.addFolder("--output", folder);
            target.addTo(publisher);
            publisher.prepare();
            ResultLines lines = expect(options, publisher, target);
            spark.describe("generating " + options.rows() + " rows");
            generated.write(spark.session(), place.staged());
            publisher.publish();
            return lines.found("columns", generated.columns())
                    .output("output", folder + " (" + generated.format() + ")");
        }
    }

    private ResultLines expect(GeneratorOptions options, Publisher publisher, JsonTarget target) {
        ResultLines lines = new ResultLines();
        if (expected != null) {
            ExpectedStatistics statistics = ExpectedStatistics.of(options);
            String digest = statistics.digest();
            target.write(publisher, out -> StatisticsJson.write(statistics, digest, out));
            lines.found("digest", digest);
        }
        return lines.found("rows", options.rows());
    }
}
