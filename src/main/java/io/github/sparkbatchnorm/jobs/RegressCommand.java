package io.github.sparkbatchnorm.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.regression.Check;
import io.github.sparkbatchnorm.regression.Check.Status;
import io.github.sparkbatchnorm.regression.JobRunner;
import io.github.sparkbatchnorm.regression.OwnCase;
import io.github.sparkbatchnorm.regression.SuiteRun;
import io.github.sparkbatchnorm.regression.engine.Environment;
import io.github.sparkbatchnorm.regression.report.JUnitXml;
import io.github.sparkbatchnorm.regression.report.RegressionReport;
import io.github.sparkbatchnorm.regression.report.ReportComparison;
import io.github.sparkbatchnorm.regression.suite.Suite;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** {@code regress}: checks of statistics, outputs and gradients against exact arithmetic, on the cluster at hand. */
@Command(
        name = "regress",
        description = {
            "Checks this cluster: makes data whose statistics are known in closed form, runs stats, fit, normalize and"
                    + " backward on it, and compares all numbers with exact arithmetic.",
            "Suites: quick (a minute on two cores), full, cluster (give --rows and --channels); they are files in"
                    + " conf/regression."
        },
        sortOptions = false,
        customSynopsis = {"jobs/batchnorm [spark-submit options] regress [options]"},
        footer = {
            "%nExamples:",
            "  jobs/batchnorm regress",
            "  jobs/batchnorm regress --check floats/statistics",
            "  jobs/batchnorm --master spark://host:7077 regress --suite cluster --rows 1e8 --channels 256 \\",
            "      --folder hdfs:///tmp --json today.json --against last-week.json"
        })
final class RegressCommand extends SparkCommand {
    private static final String QUICK = "quick";
    private static final List<String> OF_READER = List.of("--input", "--format", "--option");
    private static final List<String> OF_COLUMNS = List.of(
            "--column",
            "--columns",
            "--shape",
            "--layout",
            "--dtype",
            "--module",
            "--handle-invalid",
            "--batch-column");
    private static final List<String> OF_INPUT = Stream.of(
                    OF_COLUMNS, List.of("--format", "--option", "--non-finite", "--grad-column", "--grad-columns"))
            .flatMap(List::stream)
            .toList();
    private static final List<String> OF_SUITE = List.of("--suite", "--suite-file", "--rows", "--channels");

    private static final String SUITE_FOLDER = "batchnorm.suites";
    private static final String SUITE_RESOURCES = "/regression/";

    @Option(order = 1, names = "--suite", paramLabel = "NAME", description = "quick (default), full or cluster.")
    @Nullable
    String suite;

    @Option(order = 2, names = "--suite-file", paramLabel = "FILE", description = "A suite of one's own.")
    java.nio.file.@Nullable Path suiteFile;

    @Option(
            order = 3,
            names = "--check",
            paramLabel = "NAME",
            split = ",",
            description = "These checks only: CASE/CHECK, all of a CASE, or a CHECK of all cases.")
    List<String> only = new ArrayList<>();

    @Option(
            order = 4,
            names = "--rows",
            paramLabel = "N",
            description = "Rows of the suite, such as 1e8; its cases have parts or multiples of them.")
    @Nullable
    String rows;

    @Option(order = 5, names = "--channels", paramLabel = "N", description = "Channels of the suite, likewise.")
    int channels;

    @Option(
            order = 11,
            names = "--input",
            paramLabel = "PATH",
            description = "Check on this data instead of a suite; give it again for more. All checks but those of the"
                    + " closed form.")
    List<String> inputs = new ArrayList<>();

    @Option(order = 12, names = "--format", paramLabel = "NAME", description = "Of --input, as for the other commands.")
    @Nullable
    String format;

    @Option(order = 13, names = "--option", paramLabel = "K=V", description = "For Spark's reader of --input.")
    Map<String, String> readerOptions = new LinkedHashMap<>();

    @Mixin
    ColumnOptions columns = new ColumnOptions();

    @Option(order = 31, names = "--grad-column", paramLabel = "NAME", description = "dy of --column.")
    @Nullable
    String gradientColumn;

    @Option(order = 32, names = "--grad-columns", paramLabel = "A,B,C", description = "dy for each of --columns.")
    List<String> gradientColumns = new ArrayList<>();

    @Option(
            order = 6,
            names = "--folder",
            paramLabel = "PATH",
            description = "Where data is made and deleted again, in a folder of its own. Default on a local master:"
                    + " the temporary folder of this machine.")
    @Nullable
    String folder;

    @Option(order = 7, names = "--keep", description = "Do not delete what was made.")
    boolean keep;

    @Option(
            order = 8,
            names = "--against",
            paramLabel = "FILE",
            description = "An earlier report: fails where bits differ, and where rates are worse.")
    @Nullable
    String against;

    @Option(
            order = 9,
            names = "--tolerance",
            paramLabel = "R",
            description =
                    "How much worse a rate may be than in that report, beside the noise of the rounds. Default: 0.2.")
    double tolerance = 0.2;

    @Option(
            order = 58,
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the report to this file, failed checks or not; - is standard output, and everything else"
                            + " goes to standard error.")
    @Nullable
    String json;

    @Option(
            order = 59,
            names = "--junit-xml",
            paramLabel = "FILE",
            description = "Write the checks to this file, as build servers read them.")
    @Nullable
    String junitXml;

    @Option(order = 60, names = "--list", description = "Print the names of the checks, and run none.")
    boolean list;

    @Option(order = 82, names = "--overwrite", description = "Replace report files that exist.")
    boolean overwrite;

    private final JobRunner runner;

    /**
     * Creates the command.
     *
     * @param runner of the commands that it checks
     */
    RegressCommand(Console console, JobRunner runner) {
        super(console);
        this.runner = runner;
    }

    @Override
    protected void run() {
        boolean own = !inputs.isEmpty();
        Suite checked = own ? null : suite();
        List<String> names = checked == null ? SuiteRun.ownNames(hasGradients()) : SuiteRun.names(checked);
        check(names);
        if (list) {
            names.stream().filter(this::isSelected).forEach(console.out()::println);
            return;
        }
        JsonTarget report = new JsonTarget("--json", json, console);
        JsonTarget xml = new JsonTarget("--junit-xml", junitXml, console);
        checkPaths(report, xml);
        long start = System.nanoTime();
        List<Check> checks;
        try (SparkScope spark = SparkScope.open(spec.name());
                Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            JsonNode earlier = against == null ? null : RegressionReport.read(text(against, spark), against);
            Path work = new Path(folder(spark), "batchnorm-regress-" + UUID.randomUUID());
            report.addTo(publisher);
            xml.addTo(publisher);
            publisher.prepare();
            SuiteRun run = new SuiteRun(
                    spark.session(), runner, work, keep, this::isSelected, check -> print(check, report.report()));
            try {
                if (checked == null) {
                    run.run(own(spark));
                } else {
                    run.run(checked, rows == null ? 0 : count(rows), channels);
                }
            } finally {
                clean(work, spark);
            }
            JavaSparkContext context =
                    JavaSparkContext.fromSparkContext(spark.session().sparkContext());
            RegressionReport made = new RegressionReport(suiteName(), Environment.of(context));
            run.results().forEach(result -> made.add(result, context.defaultParallelism()));
            made.add(run.hosts());
            if (earlier != null) {
                new ReportComparison(earlier, made.json(), tolerance).checks().forEach(run::add);
            }
            checks = run.checks();
            made.add(checks);
            double seconds = since(start).toNanos() / 1e9;
            report.write(publisher, made::write);
            xml.write(publisher, out -> JUnitXml.write("regress." + suiteName(), checks, seconds, out));
            publisher.publish();
        }
        report.report().result("checks", summary(checks));
        report.report().time(since(start));
        report.print();
        xml.print();
        failIfAnyFailed(checks);
    }

    private void check(List<String> names) {
        for (String name : only) {
            if (names.stream().noneMatch(each -> isMeant(name, each))) {
                throw new UsageException("--check " + name + " is no check of this suite; --list shows them");
            }
        }
        List<String> ofInput = given(OF_INPUT);
        if (inputs.isEmpty() && !ofInput.isEmpty()) {
            throw new UsageException(String.join(", ", ofInput) + " without --input; they say how it is read");
        }
        List<String> ofSuite = given(OF_SUITE);
        if (!inputs.isEmpty() && !ofSuite.isEmpty()) {
            throw new UsageException("both --input and " + String.join(", ", ofSuite)
                    + " are given; a suite makes its own data, so give one of them");
        }
        if (columns.nonFinite != NonFinitePolicy.PROPAGATE) {
            throw new UsageException("--non-finite is given; regress checks the policy propagate, the default");
        }
        if (channels < 0) {
            throw new UsageException("--channels is " + channels + "; expected 1 or more");
        }
        if (!(tolerance >= 0)) {
            throw new UsageException("--tolerance is " + tolerance + "; expected 0 or more, such as 0.2");
        }
        if (rows != null) {
            count(rows);
        }
    }

    private void checkPaths(JsonTarget report, JsonTarget xml) {
        TargetPaths paths = new TargetPaths();
        report.addTo(paths);
        xml.addTo(paths);
        if (folder != null) {
            paths.input("--folder", folder);
        }
        if (against != null) {
            paths.input("--against", against);
        }
        paths.check();
    }

    private boolean hasGradients() {
        return gradientColumn != null || !gradientColumns.isEmpty();
    }

    /** Those of some options that are given. */
    private List<String> given(List<String> options) {
        return spec.commandLine().getParseResult().matchedOptions().stream()
                .map(OptionSpec::longestName)
                .filter(options::contains)
                .toList();
    }

    /** Options as they are given, with their values. */
    private List<String> words(List<String> options) {
        List<String> words = new ArrayList<>();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (options.contains(option.longestName())) {
                for (String value : option.originalStringValues()) {
                    words.add(option.longestName());
                    words.add(value);
                }
            }
        }
        return words;
    }

    /** The data of --input. */
    private OwnCase own(SparkScope spark) {
        InputSource source =
                new InputSource(inputs, format == null ? InputFormat.ofPaths(inputs) : format, readerOptions);
        List<String> gradients = gradientColumn == null
                ? ColumnOptions.distinct("--grad-columns", gradientColumns)
                : List.of(gradientColumn);
        List<String> described = words(OF_COLUMNS);
        if (columns.mayHavePatterns()) {
            columns.expand(spark, source, gradients);
        }
        TensorOptions options = columns.tensorOptions(source.format(), null);
        TensorInput input = TensorInput.open(
                spark, source, options, columns.nonFinite, gradients, false, new TargetPaths().inputs(source));
        if (source.format().equalsIgnoreCase(InputFormat.IMAGE)) {
            throw new UsageException(
                    "--format image; regress reads arrays, vectors, binary tensors and channel columns");
        }
        if (!gradients.isEmpty()) {
            input.backward(gradients);
        }
        return new OwnCase(input.tensor(), options, gradients, words(OF_READER), described);
    }

    private boolean isSelected(String check) {
        return only.isEmpty() || only.stream().anyMatch(name -> isMeant(name, check));
    }

    /** Whether a name given by the user means a check: all of it, its case, or what it checks. */
    private static boolean isMeant(String name, String check) {
        return check.equals(name) || check.startsWith(name + "/") || check.endsWith("/" + name);
    }

    private String suiteName() {
        if (!inputs.isEmpty()) {
            return "input";
        }
        return suiteFile == null ? suite == null ? QUICK : suite : String.valueOf(suiteFile.getFileName());
    }

    private Suite suite() {
        if (suite != null && suiteFile != null) {
            throw new UsageException("both --suite and --suite-file are given; give one of them");
        }
        try {
            if (suiteFile != null) {
                return Suite.read(Files.readString(suiteFile), suiteFile.toString());
            }
            return named(suiteName());
        } catch (NoSuchFileException e) {
            throw new UsageException("--suite-file " + suiteFile + " does not exist; check the path");
        } catch (IOException e) {
            throw new BatchNormException(suiteName() + " cannot be read: " + ErrorLine.reason(e), e);
        }
    }

    /** A suite of the folder that the launcher names; else of this jar. */
    private static Suite named(String name) throws IOException {
        String file = name + ".json";
        String suites = System.getProperty(SUITE_FOLDER);
        if (suites != null) {
            java.nio.file.Path path = java.nio.file.Path.of(suites, file);
            if (Files.exists(path)) {
                return Suite.read(Files.readString(path), path.toString());
            }
        } else {
            try (InputStream in = RegressCommand.class.getResourceAsStream(SUITE_RESOURCES + file)) {
                if (in != null) {
                    return Suite.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), file);
                }
            }
        }
        throw new UsageException("there is no suite '" + name + "'; expected quick, full or cluster, or --suite-file");
    }

    private String folder(SparkScope spark) {
        if (folder != null) {
            return folder;
        }
        if (!spark.session().sparkContext().isLocal()) {
            throw new UsageException("--folder is not given; name one that all machines of "
                    + spark.session().sparkContext().master() + " see, such as hdfs:///tmp");
        }
        return System.getProperty("java.io.tmpdir", "/tmp");
    }

    private static String text(String path, SparkScope spark) {
        Path file = new Path(path);
        try (FSDataInputStream in =
                HadoopFiles.fileSystem(file, spark.hadoopConfiguration()).open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BatchNormException("--against " + path + " cannot be read: " + ErrorLine.reason(e), e);
        }
    }

    /** A whole number, perhaps written as 1e8. */
    private static long count(String text) {
        try {
            long count = new BigDecimal(text).longValueExact();
            if (count > 0) {
                return count;
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // no such number
        }
        throw new UsageException(
                "--rows is '" + text + "'; expected a whole number, 1 or more, such as 1000000 or 1e6");
    }

    private void print(Check check, Console results) {
        results.out().println(check);
        if (check.status() == Status.FAILED && !check.name().startsWith("against/")) {
            results.out().println("  repeat: " + repeat(check.name()));
        }
    }

    private String repeat(String check) {
        StringBuilder command = new StringBuilder("jobs/batchnorm regress");
        if (!inputs.isEmpty()) {
            words(OF_READER).forEach(word -> command.append(' ').append(word));
            words(OF_COLUMNS).forEach(word -> command.append(' ').append(word));
            words(List.of("--grad-column", "--grad-columns"))
                    .forEach(word -> command.append(' ').append(word));
            return command.append(folder == null ? "" : " --folder " + folder) + " --check " + check;
        }
        command.append(suiteFile == null ? " --suite " + suiteName() : " --suite-file " + suiteFile);
        command.append(rows == null ? "" : " --rows " + rows).append(channels == 0 ? "" : " --channels " + channels);
        command.append(folder == null ? "" : " --folder " + folder);
        return command + " --check " + check;
    }

    private void clean(Path own, SparkScope spark) {
        if (keep) {
            console.err().println("kept: " + own);
            return;
        }
        boolean gone;
        try {
            gone = HadoopFiles.delete(HadoopFiles.fileSystem(own, spark.hadoopConfiguration()), own);
        } catch (IOException e) {
            gone = false;
        }
        if (!gone) {
            console.warning(Publisher.notDeleted(List.of(own)));
        }
    }

    private static long count(List<Check> checks, Status status) {
        return checks.stream().filter(check -> check.status() == status).count();
    }

    private static String summary(List<Check> checks) {
        return count(checks, Status.OK) + " passed, " + count(checks, Status.FAILED) + " failed, "
                + count(checks, Status.SKIPPED) + " skipped";
    }

    private static void failIfAnyFailed(List<Check> checks) {
        List<String> failed = checks.stream()
                .filter(check -> check.status() == Status.FAILED)
                .map(Check::name)
                .toList();
        if (!failed.isEmpty()) {
            throw new BatchNormException(failed.size() + " checks failed: " + String.join(", ", failed));
        }
    }
}
