package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.regression.engine.ExecutorEnds;
import io.github.sparkbatchnorm.regression.engine.Hosts;
import io.github.sparkbatchnorm.regression.engine.JobMeter;
import io.github.sparkbatchnorm.regression.generate.ExpectedStatistics;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import io.github.sparkbatchnorm.regression.suite.Suite;
import io.github.sparkbatchnorm.regression.suite.SuiteCase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Runs the checks of a suite, or of a data set of the user's. */
public final class SuiteRun {
    /** The name of the check that tells how many executors were ended. */
    public static final String KILL_EXECUTORS = "kill-executors";

    private static final String HOSTS = "hosts";
    private static final String INPUT = "input";
    /** Of the user's own data: how many rounds are timed, and about how many rows are compared. */
    private static final int OWN_ROUNDS = 3;

    private static final long OWN_SAMPLE = 100_000;

    private final SparkSession session;
    private final JobRunner runner;
    private final Path folder;
    private final boolean keep;
    private final Predicate<String> selected;
    private final Consumer<Check> printer;
    private final List<Check> checks = new ArrayList<>();
    private final List<CaseResult> results = new ArrayList<>();
    private @Nullable Hosts hosts;
    private int executorsToEnd;
    private ExecutorEnds.@Nullable Result ended;

    /**
     * Creates a run.
     *
     * @param session of the jobs
     * @param runner of the command line, in this session
     * @param folder that is the run's own
     * @param keep whether what the cases make stays
     * @param selected which checks are made, by name
     * @param printer takes each check when it is made
     */
    public SuiteRun(
            SparkSession session,
            JobRunner runner,
            Path folder,
            boolean keep,
            Predicate<String> selected,
            Consumer<Check> printer) {
        this.session = session;
        this.runner = runner;
        this.folder = folder;
        this.keep = keep;
        this.selected = selected;
        this.printer = printer;
    }

    /**
     * Has executors ended while cases run.
     *
     * @param count of executors that end in the middle of a stage
     */
    public void endExecutors(int count) {
        executorsToEnd = count;
    }

    /**
     * Runs a suite.
     *
     * @param suite to run
     * @param rows instead of the suite's; 0 for the suite's
     * @param channels instead of the suite's; 0 for the suite's
     * @throws IllegalArgumentException if they do not fit a case
     */
    public void run(Suite suite, long rows, int channels) {
        whileExecutorsEnd(() -> {
            for (SuiteCase suiteCase : suite.cases()) {
                GeneratorOptions options =
                        suiteCase.data(rows == 0 ? suite.rows() : rows, channels == 0 ? suite.channels() : channels);
                run(suiteCase, options);
            }
        });
        checkHosts();
    }

    /**
     * Runs all checks but those of the closed form on other data.
     *
     * @param own the data
     */
    public void run(OwnCase own) {
        whileExecutorsEnd(() -> runCase(
                INPUT, own::data, CaseArtifacts::values, OWN_ROUNDS, BatchNormConfig.DEFAULT, (data, artifacts) -> {
                    Map<String, Supplier<String>> digests = own.otherDigests(artifacts, data);
                    return new CaseChecks(INPUT, data, artifacts, null, digests, OWN_SAMPLE);
                }));
        checkHosts();
    }

    private void run(SuiteCase suiteCase, GeneratorOptions options) {
        String prefix = suiteCase.name() + "/";
        if (CaseChecks.allNames(true).stream().noneMatch(check -> selected.test(prefix + check))) {
            return;
        }
        GeneratedCase generated = new GeneratedCase(session, suiteCase, options, new Path(folder, suiteCase.name()));
        ExpectedStatistics closedForm = ExpectedStatistics.of(options);
        runCase(
                suiteCase.name(),
                ofCase -> generated.write(),
                artifacts -> options.rows() * options.shape().length(),
                suiteCase.rounds(),
                suiteCase.config(),
                (data, artifacts) -> {
                    Map<String, Supplier<String>> digests = generated.otherDigests(artifacts, data);
                    digests.put("closed form", closedForm::digest);
                    return new CaseChecks(
                            suiteCase.name(), data, artifacts, closedForm, digests, suiteCase.sampleRows());
                });
    }

    /**
     * Runs the checks of a case in a folder of its own, which is deleted afterwards.
     *
     * @param writer makes the data in that folder
     * @param values tells how many values the data has
     * @param maker makes the checks
     */
    private void runCase(
            String name,
            Function<Path, CaseData> writer,
            ToLongFunction<CaseArtifacts> values,
            int rounds,
            BatchNormConfig config,
            BiFunction<CaseData, CaseArtifacts, CaseChecks> maker) {
        Path ofCase = new Path(folder, name);
        try {
            session.sparkContext().setJobDescription("batch norm: data of " + name);
            CaseData data = writer.apply(ofCase);
            TimedJobs jobs = new TimedJobs(runner, new JobMeter(session.sparkContext()));
            CaseArtifacts artifacts = new CaseArtifacts(session, jobs, data, ofCase, rounds, config);
            CaseChecks ofData = maker.apply(data, artifacts);
            run(name, ofData);
            results.add(new CaseResult(name, values.applyAsLong(artifacts), ofData.digests(), jobs.usages()));
        } finally {
            if (!keep) {
                delete(ofCase);
            }
        }
    }

    private void run(String name, CaseChecks ofData) {
        for (String check : ofData.names()) {
            if (selected.test(name + "/" + check)) {
                session.sparkContext().setJobDescription("batch norm: check " + name + "/" + check);
                add(ofData.run(check));
            }
        }
    }

    private void whileExecutorsEnd(Runnable cases) {
        SparkContext context = session.sparkContext();
        if (executorsToEnd == 0) {
            cases.run();
        } else if (!ExecutorEnds.arePossible(context)) {
            cases.run();
            add(Check.skipped(
                    KILL_EXECUTORS, "the master " + context.master() + " has no executors that could be replaced"));
        } else {
            try (ExecutorEnds ends = ExecutorEnds.in(context, executorsToEnd)) {
                cases.run();
                ended = ends.finish();
            }
            add(check(ended));
        }
    }

    private Check check(ExecutorEnds.Result result) {
        int all = result.inTheMiddle() + result.between();
        boolean enough = result.inTheMiddle() == executorsToEnd;
        String found = result.inTheMiddle() + " ended in the middle of a stage"
                + (result.between() == 0 ? "" : " and " + result.between() + " after it")
                + ", " + result.replaced() + " replaced"
                + (result.refused() ? "; the cluster manager ended no more" : "");
        String more = enough || result.refused() ? "" : "; longer passes have room for more: give more --rows";
        return Check.of(
                KILL_EXECUTORS,
                enough && result.replaced() == all,
                found,
                executorsToEnd + " ended in the middle of a stage, all replaced" + more);
    }

    private void checkHosts() {
        if (!selected.test(HOSTS)) {
            return;
        }
        session.sparkContext().setJobDescription("batch norm: check of hosts");
        Hosts found = Hosts.check(JavaSparkContext.fromSparkContext(session.sparkContext()));
        hosts = found;
        String reached = found.reached().size() + " executors compute the same bits";
        String others = found.notReached().isEmpty() ? "" : "; not reached: " + String.join(", ", found.notReached());
        add(Check.of(
                HOSTS,
                found.different().isEmpty(),
                (found.different().isEmpty() ? reached : "other bits on " + String.join(", ", found.different()))
                        + others,
                "the bits that the driver computes"));
    }

    private void delete(Path path) {
        try {
            path.getFileSystem(session.sparkContext().hadoopConfiguration()).delete(path, true);
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be deleted", e);
        }
    }

    /**
     * Adds a check.
     *
     * @param check that was made
     */
    public void add(Check check) {
        checks.add(check);
        printer.accept(check);
    }

    /** {@return the checks that were made} */
    public List<Check> checks() {
        return checks;
    }

    /** {@return the cases that ran} */
    public List<CaseResult> results() {
        return results;
    }

    /** {@return the executors; null if they were not checked} */
    public @Nullable Hosts hosts() {
        return hosts;
    }

    /** {@return the executors that were ended while cases ran; null if none were to be} */
    public ExecutorEnds.@Nullable Result ended() {
        return ended;
    }

    /**
     * {@return the names of all checks of the user's own data}
     *
     * @param gradients whether it has gradients
     */
    public static List<String> ownNames(boolean gradients) {
        List<String> names = new ArrayList<>();
        CaseChecks.allNames(gradients).forEach(check -> names.add(INPUT + "/" + check));
        names.add(HOSTS);
        return names;
    }

    /**
     * {@return the names of all checks of a suite}
     *
     * @param suite any
     */
    public static List<String> names(Suite suite) {
        List<String> names = new ArrayList<>();
        for (SuiteCase suiteCase : suite.cases()) {
            CaseChecks.allNames(true).forEach(check -> names.add(suiteCase.name() + "/" + check));
        }
        names.add(HOSTS);
        return names;
    }
}
