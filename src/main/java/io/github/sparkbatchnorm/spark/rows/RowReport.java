package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The findings of a scan besides its sums: the number of rows and their fingerprint, the sizes of their samples, and
 * for each kind of defect how many rows have it and the smallest example. Immutable; the same for every order and
 * partitioning of the rows.
 */
public final class RowReport implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * How many rows have a property, and one of them as an example.
     *
     * @param rows the number of these rows
     * @param example the smallest description of one of them; null if none was asked for
     */
    public record Tally(long rows, @Nullable String example) implements Serializable {
        private static final long serialVersionUID = 1L;

        Tally plus(Tally other) {
            return new Tally(rows + other.rows, smaller(example, other.example));
        }

        private static @Nullable String smaller(@Nullable String a, @Nullable String b) {
            return b == null || (a != null && a.compareTo(b) <= 0) ? a : b;
        }

        String withExample(String text) {
            return example == null || example.isEmpty() ? text : text + ", e.g. " + example;
        }

        /** Such as {@code 1 row, e.g. id=17}. */
        @Override
        public String toString() {
            return withExample(rows + (rows == 1 ? " row" : " rows"));
        }
    }

    /** No rows, no defects. */
    public static final RowReport NONE =
            new RowReport(0, 0, 0, SparseRows.NONE, new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    private final long rows;
    private final long fingerprint;
    private final long rowsWithoutValues;
    private final SparseRows sparse;
    private final SortedMap<SampleSize, Tally> sizes;
    private final SortedMap<RowDefect, Tally> defects;
    /** How many rows are null in a channel column where no null is kept. */
    private final SortedMap<Integer, Long> nulls;

    private RowReport(
            long rows,
            long fingerprint,
            long rowsWithoutValues,
            SparseRows sparse,
            SortedMap<SampleSize, Tally> sizes,
            SortedMap<RowDefect, Tally> defects,
            SortedMap<Integer, Long> nulls) {
        this.rows = rows;
        this.fingerprint = fingerprint;
        this.rowsWithoutValues = rowsWithoutValues;
        this.sparse = sparse;
        this.sizes = sizes;
        this.defects = defects;
        this.nulls = nulls;
    }

    /** Collects findings into a {@link RowReport}. Not thread-safe. */
    public static final class Accumulator {
        private long rows;
        private long fingerprint;
        private long rowsWithoutValues;
        private SparseRows sparse = SparseRows.NONE;
        private final TreeMap<SampleSize, Tally> sizes = new TreeMap<>();
        private final TreeMap<RowDefect, Tally> defects = new TreeMap<>();
        private final TreeMap<Integer, Long> nulls = new TreeMap<>();

        /**
         * Adds to the number of rows whose values count.
         *
         * @param count the number of further rows
         */
        public void addRows(int count) {
            rows += count;
        }

        /**
         * Adds to the fingerprint of the rows whose values count.
         *
         * @param more of further rows, by {@link RowFingerprint}
         */
        public void addFingerprint(long more) {
            fingerprint += more;
        }

        /** Adds a row that is skipped, or whose null sample is kept. */
        public void addRowWithoutValues() {
            rowsWithoutValues++;
        }

        /**
         * Adds sparse samples among the rows whose values count.
         *
         * @param more the counts of further samples
         */
        public void addSparse(SparseRows more) {
            sparse = sparse.plus(more);
        }

        /**
         * Adds a row that has a defect.
         *
         * @param defect the reason why the row cannot be used
         * @param example the row in words; null to give none
         */
        public void addDefect(RowDefect defect, @Nullable String example) {
            defects.merge(defect, new Tally(1, example), Tally::plus);
        }

        /**
         * Adds a row that has a defect, and which of its channel columns are null.
         *
         * @param defect the reason why the row cannot be used
         * @param sample as it was read from the row
         * @param example the row in words; null to give none
         */
        public void add(RowDefect defect, RowSample sample, @Nullable String example) {
            addDefect(defect, example);
            boolean[] channels = defect == RowDefect.NULL_CHANNEL ? sample.missing() : null;
            for (int c = 0; channels != null && c < channels.length; c++) {
                if (channels[c]) {
                    nulls.merge(c, 1L, Long::sum);
                }
            }
        }

        /**
         * Adds samples of one size.
         *
         * @param size the size of these samples
         * @param count the number of these samples
         * @param example a row in words that has such a sample; null to give none
         */
        public void addSize(SampleSize size, long count, @Nullable String example) {
            sizes.merge(size, new Tally(count, example), Tally::plus);
        }

        private Accumulator addAll(RowReport other) {
            rows += other.rows;
            fingerprint += other.fingerprint;
            rowsWithoutValues += other.rowsWithoutValues;
            sparse = sparse.plus(other.sparse);
            other.sizes.forEach((size, tally) -> sizes.merge(size, tally, Tally::plus));
            other.defects.forEach((defect, tally) -> defects.merge(defect, tally, Tally::plus));
            other.nulls.forEach((channel, count) -> nulls.merge(channel, count, Long::sum));
            return this;
        }

        /** {@return a report of everything added so far} */
        public RowReport snapshot() {
            return new RowReport(
                    rows,
                    fingerprint,
                    rowsWithoutValues,
                    sparse,
                    new TreeMap<>(sizes),
                    new TreeMap<>(defects),
                    new TreeMap<>(nulls));
        }
    }

    /** {@return the size of all samples; null if there is none, or they differ} */
    public @Nullable SampleSize onlySize() {
        return sizes.size() == 1 ? sizes.firstKey() : null;
    }

    /** {@return the number of rows whose values count} */
    public long rows() {
        return rows;
    }

    /** {@return the sum of the {@link RowFingerprint} of these rows; 0 where the scan takes none} */
    public long fingerprint() {
        return fingerprint;
    }

    /** {@return the number of rows that were skipped, or whose null sample is kept} */
    public long rowsWithoutValues() {
        return rowsWithoutValues;
    }

    /** {@return the counts of sparse samples among the rows whose values count} */
    public SparseRows sparse() {
        return sparse;
    }

    /** {@return how many rows have a sample of each size, in an unmodifiable view} */
    public Map<SampleSize, Tally> sizes() {
        return Collections.unmodifiableMap(sizes);
    }

    /**
     * {@return how many rows have a defect; null if no row has it}
     *
     * @param defect the defect to look up
     */
    public @Nullable Tally tally(RowDefect defect) {
        return defects.get(defect);
    }

    /** {@return this report without the defect of values that are not finite} */
    public RowReport withoutNonFinite() {
        if (!defects.containsKey(RowDefect.NON_FINITE)) {
            return this;
        }
        TreeMap<RowDefect, Tally> others = new TreeMap<>(defects);
        others.remove(RowDefect.NON_FINITE);
        return new RowReport(rows, fingerprint, rowsWithoutValues, sparse, sizes, others, nulls);
    }

    /** {@return whether there was neither a row nor a defect} */
    public boolean isEmpty() {
        return rows == 0 && rowsWithoutValues == 0 && sizes.isEmpty() && defects.isEmpty();
    }

    /**
     * {@return the findings of both reports} Associative and commutative.
     *
     * @param other a report of other rows
     */
    public RowReport combine(RowReport other) {
        if (isEmpty() || other.isEmpty()) {
            return isEmpty() ? other : this;
        }
        return new Accumulator().addAll(this).addAll(other).snapshot();
    }

    /**
     * {@return whether some rows cannot be used: they have a defect, or samples of a wrong size}
     *
     * @param expected the size of each sample; null for any one size
     */
    public boolean hasErrors(@Nullable SampleSize expected) {
        return !defects.isEmpty() || hasWrongSizes(expected);
    }

    boolean hasWrongSizes(@Nullable SampleSize expected) {
        return sizes.size() > 1
                || sizes.keySet().stream().anyMatch(SampleSize::isEmpty)
                || (expected != null && !sizes.isEmpty() && !sizes.containsKey(expected));
    }

    /** How many rows have each defect. */
    SortedMap<RowDefect, Tally> defects() {
        return defects;
    }

    /** How many rows are null in a channel column where no null is kept, by the channel. */
    SortedMap<Integer, Long> nulls() {
        return nulls;
    }

    /**
     * {@return one line that tells the column and all errors}
     *
     * @param column that the samples are read from
     * @param expected the size of each sample; null for any one size
     */
    public String describe(TensorColumn column, @Nullable SampleSize expected) {
        return new RowErrors(this, column, expected).describe();
    }
}
