package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.publish.WholeFile;
import io.github.sparkbatchnorm.jobs.result.RunRecord;
import io.github.sparkbatchnorm.jobs.result.RunReportJson;
import io.github.sparkbatchnorm.jobs.result.RunReportJson.Outcome;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.meter.TaskCounts;
import io.github.sparkbatchnorm.spark.meter.TaskMeter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The report that a run writes when it has ended, whichever way: after its outputs are published or discarded, and also
 * after a signal. A report that cannot be written is a warning, since the run has succeeded or failed already. Without
 * an option for it, nothing is counted and nothing written.
 */
final class RunReport implements AutoCloseable {
    static final String OPTION = "--report-json";

    /** Runs after unpublished outputs are discarded, and before Hadoop closes its file systems. */
    private static final int SHUTDOWN_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 5;

    private static final String STANDARD_OUTPUT = "-";

    private final @Nullable String path;
    private final boolean overwrite;
    private final Console console;
    private final RunRecord record = new RunRecord();
    private final @Nullable RunReportJson json;
    private final Runnable interrupted = this::interrupt;
    private @Nullable WholeFile file;
    private boolean refused;
    private boolean printed;
    private @Nullable TaskMeter meter;
    private RunRecord.@Nullable Snapshot ended;

    /**
     * Begins a run.
     *
     * @param command whose options have their values
     * @param path of the report, {@code -} for standard output, null for none
     * @param overwrite whether a file there is replaced
     */
    RunReport(CommandSpec command, @Nullable String path, boolean overwrite, Console console) {
        this.path = path;
        this.overwrite = overwrite;
        this.console = console;
        this.json = path == null ? null : new RunReportJson(command.name(), options(command));
        if (path != null) {
            ShutdownHookManager.get().addShutdownHook(interrupted, SHUTDOWN_PRIORITY);
        }
    }

    /** The options that have a value, given or by default. */
    private static Map<String, Object> options(CommandSpec command) {
        Map<String, Object> options = new LinkedHashMap<>();
        for (OptionSpec option : command.options()) {
            Object value = option.getValue();
            boolean empty = value == null
                    || (value instanceof Collection<?> list && list.isEmpty())
                    || (value instanceof Map<?, ?> map && map.isEmpty());
            if (!empty && !option.usageHelp()) {
                options.put(option.longestName(), value);
            }
        }
        return options;
    }

    /** The part of a run in which Spark is there. */
    final class Measuring implements AutoCloseable {
        /** Takes what the run finds. */
        RunRecord record() {
            return record;
        }

        @Override
        public void close() {
            measured();
        }
    }

    /**
     * Checks that the report can be written, and counts from now on what the run does.
     *
     * @throws BatchNormException if the report cannot be written
     */
    synchronized Measuring measure(SparkScope spark) {
        if (json != null) {
            refused = true;
            open(spark.hadoopConfiguration());
            refused = false;
            json.in(spark.session());
            meter = new TaskMeter(spark.session().sparkContext());
        }
        return new Measuring();
    }

    private void open(Configuration hadoop) {
        if (path != null && !isStandardOutput()) {
            WholeFile opened = new WholeFile(OPTION, path, overwrite, hadoop);
            opened.prepare();
            file = opened;
        }
    }

    private void measured() {
        record.end();
        if (meter != null) {
            meter.await();
            meter.close();
        }
        synchronized (this) {
            ended = record.snapshot();
        }
    }

    /**
     * Writes the report of a run that has done all that was asked.
     *
     * @param results takes the path of the report
     */
    void succeeded(Console results) {
        if (write(new Outcome(ExitCode.DONE, null)) && path != null && !isStandardOutput()) {
            results.result(OPTION.substring(2), path);
        }
    }

    /** Writes the report of a run that failed, unless a signal ended it: that comes here last. */
    synchronized void failed(Throwable failure) {
        if (json == null || refused || console.end().reason() != null) {
            return;
        }
        write(
                failure instanceof UsageException usage
                        ? new Outcome(ExitCode.USAGE, ErrorLine.usage(usage))
                        : new Outcome(ExitCode.FAILED, ErrorLine.of(failure)));
    }

    /** Writes the report of a run that something from outside has ended, in place of any that was written. */
    private synchronized void interrupt() {
        String reason = console.end().reason();
        if (reason != null && !refused) {
            write(new Outcome(
                    console.end().exit(), reason + "; " + console.end().changes()));
        }
    }

    private synchronized boolean write(Outcome outcome) {
        if (json == null || printed) {
            return false;
        }
        if (file == null && !isStandardOutput() && !openWithoutSpark()) {
            return false;
        }
        RunRecord.Snapshot snapshot = ended == null ? record.snapshot() : ended;
        TaskCounts counts = meter == null ? null : meter.counts();
        byte[] bytes = json.bytes(snapshot, counts, outcome);
        try {
            if (file != null) {
                file.write(out -> out.write(bytes));
            } else {
                printed = true;
                console.out().writeBytes(bytes);
                if (console.out().checkError()) {
                    throw new BatchNormException(OPTION + " - cannot be written: standard output is closed or full");
                }
            }
            return true;
        } catch (RuntimeException e) {
            console.warning(ErrorLine.of(e));
            return false;
        }
    }

    /** Where Spark did not start. */
    private boolean openWithoutSpark() {
        try {
            open(SparkHadoopUtil.get().newConfiguration(new SparkConf()));
            return true;
        } catch (RuntimeException e) {
            console.warning(ErrorLine.of(e));
            return false;
        }
    }

    private boolean isStandardOutput() {
        return STANDARD_OUTPUT.equals(path);
    }

    @Override
    public void close() {
        // After a signal the shutdown may be about to begin.
        boolean ending =
                console.end().reason() != null || ShutdownHookManager.get().isShutdownInProgress();
        if (path != null && !ending) {
            ShutdownHookManager.get().removeShutdownHook(interrupted);
        }
    }
}
