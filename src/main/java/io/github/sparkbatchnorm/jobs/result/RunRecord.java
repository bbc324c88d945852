package io.github.sparkbatchnorm.jobs.result;

import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run has found so far, and how long each of its phases took. Safe for threads. */
public final class RunRecord {
    /** What a run does, one after the other; some runs leave some out. */
    public enum Phase {
        /** Starts Spark. */
        START,
        /** Reads the schema and the state, and checks rows of csv. */
        OPEN,
        /** Reads the data for its statistics, or for the sums of gradients. */
        STATISTICS,
        /** Reads the data and writes the output. */
        WRITE,
        /** Writes the small files, and moves everything to its place. */
        PUBLISH
    }

    private final Instant started = Instant.now();
    private final long startNanos = System.nanoTime();
    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
    private @Nullable Phase phase = Phase.START;
    private long phaseNanos = startNanos;
    private Found found = new Found(null, null, null, null);

    /**
     * What was found; null for what is not known, or has no meaning for the command.
     *
     * @param digest of the statistics
     */
    public record Found(
            @Nullable Long rows, @Nullable Integer batches, @Nullable Integer channels, @Nullable String digest) {}

    /**
     * A record at a moment. Immutable.
     *
     * @param started when the run began
     * @param seconds of each phase that has begun
     * @param totalSeconds since the run began
     */
    public record Snapshot(Instant started, Map<Phase, Double> seconds, double totalSeconds, Found found) {
        public Snapshot {
            seconds = Map.copyOf(seconds);
        }
    }

    /** Begins a phase, which ends the one before. A phase may come again: its times add up. */
    public synchronized void begin(Phase next) {
        end();
        phase = next;
    }

    /** Ends the phase. */
    public synchronized void end() {
        long now = System.nanoTime();
        if (phase != null) {
            nanos.merge(phase, now - phaseNanos, Long::sum);
        }
        phase = null;
        phaseNanos = now;
    }

    /** Adds what the statistics are of. */
    public void found(DatasetStatistics statistics) {
        found(new Found(statistics.rows(), statistics.batches().size(), statistics.channels(), statistics.digest()));
    }

    /** Adds what the gradients are of. */
    public void found(DatasetGradients gradients) {
        found(new Found(gradients.rows(), gradients.batches().size(), gradients.channels(), null));
    }

    /** Adds what was found. */
    public synchronized void found(Found what) {
        found = what;
    }

    /** The record at this moment; the phase that is under way goes on. */
    public synchronized Snapshot snapshot() {
        Phase current = phase;
        end();
        phase = current;
        Map<Phase, Double> seconds = new EnumMap<>(Phase.class);
        nanos.forEach((each, time) -> seconds.put(each, time / 1e9));
        return new Snapshot(started, seconds, (System.nanoTime() - startNanos) / 1e9, found);
    }
}
