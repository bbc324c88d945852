package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
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

        /** Such as {@code 1 row, e.g. id=17}. */
        @Override
        public String toString() {
            String count = rows + (rows == 1 ? " row" : " rows");
            return example == null || example.isEmpty() ? count : count + ", e.g. " + example;
        }
    }

    /** No rows, no defects. */
    public static final RowReport NONE = new RowReport(0, 0, 0, SparseRows.NONE, new TreeMap<>(), new TreeMap<>());

    /** Sizes that a message lists. */
    private static final int MAX_SIZES = 5;

    private final long rows;
    private final long fingerprint;
    private final long rowsWithoutValues;
    private final SparseRows sparse;
    private final SortedMap<SampleSize, Tally> sizes;
    private final SortedMap<RowDefect, Tally> defects;

    private RowReport(
            long rows,
            long fingerprint,
            long rowsWithoutValues,
            SparseRows sparse,
            SortedMap<SampleSize, Tally> sizes,
            SortedMap<RowDefect, Tally> defects) {
        this.rows = rows;
        this.fingerprint = fingerprint;
        this.rowsWithoutValues = rowsWithoutValues;
        this.sparse = sparse;
        this.sizes = sizes;
        this.defects = defects;
    }

    /** Collects findings into a {@link RowReport}. Not thread-safe. */
    public static final class Accumulator {
        private long rows;
        private long fingerprint;
        private long rowsWithoutValues;
        private SparseRows sparse = SparseRows.NONE;
        private final TreeMap<SampleSize, Tally> sizes = new TreeMap<>();
        private final TreeMap<RowDefect, Tally> defects = new TreeMap<>();

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
            return this;
        }

        /** {@return a report of everything added so far} */
        public RowReport snapshot() {
            return new RowReport(
                    rows, fingerprint, rowsWithoutValues, sparse, new TreeMap<>(sizes), new TreeMap<>(defects));
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
        return new RowReport(rows, fingerprint, rowsWithoutValues, sparse, sizes, others);
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

    private boolean hasWrongSizes(@Nullable SampleSize expected) {
        return sizes.size() > 1
                || sizes.keySet().stream().anyMatch(SampleSize::isEmpty)
                || (expected != null && !sizes.isEmpty() && !sizes.containsKey(expected));
    }

    /**
     * {@return one line that tells all errors; empty if there are none}
     *
     * @param expected the size of each sample; null for any one size
     */
    public String describe(@Nullable SampleSize expected) {
        StringBuilder text = new StringBuilder();
        defects.forEach((defect, tally) -> separate(text).append(defect.describe(tally)));
        if (hasWrongSizes(expected)) {
            describeSizes(separate(text), expected);
        }
        return text.toString();
    }

    private static StringBuilder separate(StringBuilder text) {
        return text.isEmpty() ? text : text.append("; ");
    }

    private void describeSizes(StringBuilder text, @Nullable SampleSize expected) {
        Map<SampleSize, Tally> wrong = new TreeMap<>(sizes);
        if (expected != null) {
            wrong.remove(expected);
        }
        SampleSize common = sizes.entrySet().stream()
                .max(Map.Entry.comparingByValue((a, b) -> Long.compare(a.rows(), b.rows())))
                .orElseThrow()
                .getKey();
        String noun = common.noun();
        text.append("rows of ").append(noun).append(' ');
        int shown = 0;
        for (Map.Entry<SampleSize, Tally> entry : wrong.entrySet()) {
            if (shown == MAX_SIZES) {
                text.append(" and ").append(wrong.size() - shown).append(" more");
                break;
            }
            text.append(shown == 0 ? "" : shown == wrong.size() - 1 ? " and " : ", ");
            boolean usual = expected == null && entry.getKey().equals(common) && wrong.size() > 1;
            Tally tally = usual ? new Tally(entry.getValue().rows(), null) : entry.getValue();
            text.append(entry.getKey().numbers()).append(" (").append(tally).append(')');
            shown++;
        }
        text.append("; expected ");
        if (expected != null) {
            text.append(expected);
        } else if (noun.equals("length")) {
            text.append("one length or set shape");
        } else {
            text.append("the same ").append(noun).append(" in each row");
        }
    }
}
