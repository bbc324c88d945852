package io.github.sparkbatchnorm.jobs.result;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The lines that a command prints when everything is published: what it found, its time, where its outputs are. */
public final class ResultLines {
    private final List<String> found = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();

    /** Adds the digest of statistics, and the numbers of rows, channels and batches. */
    public ResultLines statistics(DatasetStatistics statistics) {
        return found("digest", statistics.digest())
                .size(
                        statistics.rows(),
                        statistics.channels(),
                        statistics.batches().size());
    }

    /** Adds the numbers of rows, channels and batches of gradients. */
    public ResultLines gradients(DatasetGradients gradients) {
        return size(gradients.rows(), gradients.channels(), gradients.batches().size());
    }

    private ResultLines size(long rows, int channels, int batches) {
        return found("rows", rows).found("channels", channels).found("batches", batches);
    }

    /** Adds a table. */
    public ResultLines table(String table) {
        found.add(table);
        return this;
    }

    /** Adds a line {@code key: value} above the time. */
    public ResultLines found(String key, Object value) {
        found.add(Console.line(key, value));
        return this;
    }

    /** Adds a line {@code key: path} below the time. */
    public ResultLines output(String key, String path) {
        outputs.add(Console.line(key, path));
        return this;
    }

    /**
     * Prints the lines.
     *
     * @param elapsed the time that the command took
     */
    public void print(Console console, Duration elapsed) {
        found.forEach(console.out()::println);
        console.time(elapsed);
        outputs.forEach(console.out()::println);
    }
}
