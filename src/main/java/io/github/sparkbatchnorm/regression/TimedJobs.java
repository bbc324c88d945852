package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.regression.engine.JobMeter;
import io.github.sparkbatchnorm.regression.engine.JobMeter.Usage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs jobs, and keeps what each of their rounds took. */
final class TimedJobs {
    private final JobRunner runner;
    private final JobMeter meter;
    private final Map<String, List<Usage>> usages = new LinkedHashMap<>();

    TimedJobs(JobRunner runner, JobMeter meter) {
        this.runner = runner;
        this.meter = meter;
    }

    /**
     * Runs a job.
     *
     * @param operation its name among the timings
     * @return its standard output
     * @throws JobFailure if it fails
     */
    String run(String operation, List<String> arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int[] exit = new int[1];
        Usage usage = meter.measure(() -> exit[0] = runner.run(
                arguments,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)));
        if (exit[0] != 0) {
            String error = err.toString(StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("error: "))
                    .findFirst()
                    .orElse("exit code " + exit[0]);
            throw new JobFailure(arguments.get(0) + " ended with " + error);
        }
        usages.computeIfAbsent(operation, name -> new ArrayList<>()).add(usage);
        return out.toString(StandardCharsets.UTF_8);
    }

    /** What each round of each operation took, in the order in which they first ran. */
    Map<String, List<Usage>> usages() {
        return usages;
    }
}
