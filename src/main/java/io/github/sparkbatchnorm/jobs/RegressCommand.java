package io.github.sparkbatchnorm.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.layer.BatchNormException;
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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
    private static final List<String> OF_SUITE = List.of("--suite", "--suite-file", "--rows", "--channels");

    @Mixin
    SuiteOptions suite = new SuiteOptions();

    @Mixin
    OwnInputOptions own = new OwnInputOptions();

    @Option(
            order = 3,
            names = "--check",
            paramLabel = "NAME",
            split = ",",
            description = "These checks only: CASE/CHECK, all of a CASE, or a CHECK of all cases.")
    List<String> only = new ArrayList<>();

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
            order = 41,
            names = "--audit",
            description =
                    "Ask Spark's own sum, avg, var_pop, var_samp, stddev, StandardScaler and Summarizer for numbers"
                            + " whose exact value is known, too, and print those that differ.")
    boolean audit;

    @Option(
            order = 42,
            names = "--max-ulps",
            paramLabel = "N",
            description = "With --audit: fail where an answer of Spark is more than N units in the last place away.")
    @Nullable
    Long maxUlps;

    @Option(
            order = 43,
            names = "--kill-executors",
            paramLabel = "N",
            description =
                    "End N executors through Spark's scheduler, each in the middle of a stage, so that others come"
                            + " in their place. Skipped on local masters, which have none.")
    @Nullable
    Integer killExecutors;

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
        Suite checked = own.isGiven() ? null : suite.read();
        List<String> names = checked == null ? SuiteRun.ownNames(own.hasGradients()) : SuiteRun.names(checked);
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
            if (killExecutors != null) {
                run.endExecutors(killExecutors);
            }
            AuditReport audited = null;
            try {
                OwnCase data = checked == null ? own.open(spark) : null;
                if (checked != null) {
                    run.run(checked, suite.rows(), suite.channels);
                } else if (data != null) {
                    run.run(data);
                }
                if (audit) {
                    audited = AuditReport.of(spark.session(), data, work);
                    report.report().out().println(audited.table());
                    run.add(audited.check(maxUlps));
                }
            } finally {
                clean(work, spark);
            }
            // At the end: at the start, executors of a cluster have not come yet.
            JavaSparkContext context =
                    JavaSparkContext.fromSparkContext(spark.session().sparkContext());
            RegressionReport made = new RegressionReport(suiteName(), Environment.of(context));
            if (audited != null) {
                made.add("audit", audited.json());
            }
            int cores = context.defaultParallelism(); // no lambda has the context: without Spark its class is not there
            run.results().forEach(result -> made.add(result, cores));
            made.add(run.hosts());
            made.add(run.ended());
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
        own.check();
        List<String> ofSuite = own.given(OF_SUITE);
        if (own.isGiven() && !ofSuite.isEmpty()) {
            throw new UsageException("both --input and " + String.join(", ", ofSuite)
                    + " are given; a suite makes its own data, so give one of them");
        }
        suite.check();
        if (maxUlps != null && !audit) {
            throw new UsageException("--max-ulps without --audit; it says what the audit may find");
        }
        if (maxUlps != null && maxUlps < 0) {
            throw new UsageException("--max-ulps is " + maxUlps + "; expected 0 or more");
        }
        if (killExecutors != null && killExecutors < 1) {
            throw new UsageException("--kill-executors is " + killExecutors + "; expected 1 or more");
        }
        if (!(tolerance >= 0)) {
            throw new UsageException("--tolerance is " + tolerance + "; expected 0 or more, such as 0.2");
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

    private boolean isSelected(String check) {
        return only.isEmpty() || only.stream().anyMatch(name -> isMeant(name, check));
    }

    /** Whether a name given by the user means a check: all of it, its case, or what it checks. */
    private static boolean isMeant(String name, String check) {
        return check.equals(name) || check.startsWith(name + "/") || check.endsWith("/" + name);
    }

    private String suiteName() {
        return own.isGiven() ? "input" : suite.name();
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

    private void print(Check check, Console results) {
        results.out().println(check);
        if (check.status() == Status.FAILED && !check.name().startsWith("against/")) {
            results.out().println("  repeat: " + repeat(check.name()));
        }
    }

    private String repeat(String check) {
        return "jobs/batchnorm regress" + (own.isGiven() ? own.words() : suite.words())
                + (folder == null ? "" : " --folder " + folder)
                + (killExecutors == null ? "" : " --kill-executors " + killExecutors)
                + (check.equals(SuiteRun.KILL_EXECUTORS) ? "" : " --check " + check);
    }

    private void clean(Path own, SparkScope spark) {
        if (keep) {
            console.err().println("kept: " + own);
            return;
        }
        Publisher.deleteOrWarn(own, spark.hadoopConfiguration(), console);
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
