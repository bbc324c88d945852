package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.work.Job;

/**
 * A command that runs a job and prints what it found.
 *
 * @param <R> what the job finds
 */
abstract class JobCommand<R> extends SparkCommand {
    JobCommand(Console console) {
        super(console);
    }

    /** The job, with the options of the command. */
    abstract Job<R> job();

    /**
     * The target of the command's JSON.
     *
     * @param results takes what is printed
     */
    JsonTarget json(Console results) {
        return new JsonTarget("", null, results);
    }

    /** The lines to print when everything is published. */
    abstract ResultLines lines(R found);

    @Override
    protected final void run() {
        JsonTarget ofReport = new JsonTarget(RunReport.OPTION, job().reportJson, console);
        JsonTarget json = json(ofReport.report());
        if (json.isStandardOutput() && ofReport.isStandardOutput()) {
            throw new UsageException(json + " and " + ofReport + " are both standard output; give one of them a file");
        }
        InputSource source = job().check(json);
        try (RunReport report = new RunReport(spec, job().reportJson, job().overwrite, console)) {
            try (SparkScope spark = SparkScope.open(spec.name());
                    RunReport.Measuring run = report.measure(spark)) {
                long start = System.nanoTime();
                lines(job().run(spark, source, json, console, run.record())).print(json.report(), since(start));
                json.print();
            } catch (Throwable e) {
                report.failed(e);
                throw e;
            }
            report.succeeded(json.report());
        }
    }
}
