package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
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

    /** The target of the command's JSON. */
    JsonTarget json() {
        return new JsonTarget("", null, console);
    }

    /** The lines to print when everything is published. */
    abstract ResultLines lines(R found);

    @Override
    protected final void run() {
        JsonTarget json = json();
        InputSource source = job().check(json);
        try (SparkScope spark = SparkScope.open(spec.name())) {
            long start = System.nanoTime();
            lines(job().run(spark, source, json, console)).print(json.report(), since(start));
            json.print();
        }
    }
}
