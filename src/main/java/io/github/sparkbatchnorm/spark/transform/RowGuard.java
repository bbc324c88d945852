package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.scan.RowsSeen;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/**
 * Compares the rows that a pass reads with those of a pass before. A function has one, and tells it of each row.
 *
 * <p>Each task tells the driver what its partition had, by an accumulator of Spark's own, of arrays: classes of ours in
 * results could not be read where a session has added the jar. Of the tasks that have run for a partition, the last one
 * counts: that makes retries, speculative copies and stages that run again count once.
 */
final class RowGuard implements Serializable {
    private static final long serialVersionUID = 1L;

    // Of an array that a task sends.
    private static final int PARTITION = 0;
    private static final int ATTEMPT = 1;
    private static final int ROWS = 2;
    private static final int FINGERPRINT = 3;

    private final String what;
    private final RowsSeen expected;
    private final CollectionAccumulator<long[]> partitions;
    /** Of this task, one for each thread that reads its rows. */
    private transient @Nullable List<Tally> tallies;

    private transient volatile boolean calledByPlanner;

    /** The rows that a thread of a task has read. Each call of a function has it to itself. */
    static final class Tally {
        private long rows;
        private long fingerprint;

        void add(long more) {
            rows++;
            fingerprint += more;
        }
    }

    /**
     * Creates a guard that has seen nothing.
     *
     * @param what the columns in words
     * @param expected the rows of the pass before
     */
    RowGuard(SparkContext context, String what, RowsSeen expected) {
        this.what = what;
        this.expected = expected;
        this.partitions = context.collectionAccumulator();
    }

    /** A tally for a thread of the task that calls. */
    synchronized Tally tally() {
        Tally made = new Tally();
        TaskContext task = TaskContext.get();
        if (task == null) {
            calledByPlanner = true;
            return made;
        }
        List<Tally> all = tallies;
        if (all == null) {
            all = new ArrayList<>();
            tallies = all;
            task.addTaskCompletionListener((TaskCompletionListener) this::send);
        }
        all.add(made);
        return made;
    }

    private synchronized void send(TaskContext task) {
        long[] sent = new long[FINGERPRINT + 1];
        sent[PARTITION] = task.partitionId();
        sent[ATTEMPT] = task.taskAttemptId();
        for (Tally tally : tallies == null ? List.<Tally>of() : tallies) {
            sent[ROWS] += tally.rows;
            sent[FINGERPRINT] += tally.fingerprint;
        }
        partitions.add(sent);
    }

    /**
     * Whether Spark has computed rows while it planned the query, as it does where it knows them by then. These rows
     * are in no task.
     */
    boolean isCalledByPlanner() {
        return calledByPlanner;
    }

    /** @throws BatchNormException if the rows are not those of the pass before */
    void requireSameRows() {
        RowsSeen found = seen();
        if (found.equals(expected)) {
            return;
        }
        String difference = found.rows() == expected.rows()
                ? String.format(Locale.ROOT, "%,d rows, some with other values", found.rows())
                : String.format(Locale.ROOT, "%,d rows instead of %,d", found.rows(), expected.rows());
        throw new BatchNormException(what + ": the second pass over the data found " + difference
                + "; expected what the first one found: the data has changed, or is not the same each time that it is read;"
                + " write it to files or to a table of its own, and read that");
    }

    private RowsSeen seen() {
        Map<Long, long[]> last = new HashMap<>();
        for (long[] sent : partitions.value()) {
            last.merge(sent[PARTITION], sent, (a, b) -> a[ATTEMPT] > b[ATTEMPT] ? a : b);
        }
        long rows = 0;
        long fingerprint = 0;
        for (long[] sent : last.values()) {
            rows += sent[ROWS];
            fingerprint += sent[FINGERPRINT];
        }
        return new RowsSeen(rows, fingerprint);
    }
}
