package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.tensor.RowDefect;
import io.github.sparkbatchnorm.spark.tensor.SampleSize;
import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * RowReport of a scan besides its sums: the number of rows, the sizes of their samples, and for each kind of defect how
 * many rows have it and the smallest example. Immutable; the same for every order and partitioning of the rows.
 */
public final class RowReport implements Serializable {
    private static final long serialVersionUID = 1L;

    /** How many rows, and the smallest description of one of them; null without other columns. */
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
    public static final RowReport NONE = new RowReport(0, 0, SparseRows.NONE, new TreeMap<>(), new TreeMap<>());

    /** Sizes that a message lists. */
    private static final int MAX_SIZES = 5;

    private final long rows;
    private final long rowsWithoutValues;
    private final SparseRows sparse;
    private final SortedMap<SampleSize, Tally> sizes;
    private final SortedMap<RowDefect, Tally> defects;

    private RowReport(
            long rows,
            long rowsWithoutValues,
            SparseRows sparse,
            SortedMap<SampleSize, Tally> sizes,
            SortedMap<RowDefect, Tally> defects) {
        this.rows = rows;
        this.rowsWithoutValues = rowsWithoutValues;
        this.sparse = sparse;
        this.sizes = sizes;
        this.defects = defects;
    }

    /** RowReport that are still being added to; mutable. */
    public static final class Accumulator {
        private long rows;
        private long rowsWithoutValues;
        private SparseRows sparse = SparseRows.NONE;
        private final TreeMap<SampleSize, Tally> sizes = new TreeMap<>();
        private final TreeMap<RowDefect, Tally> defects = new TreeMap<>();

        /** Counts rows whose values count. */
        public void addRows(int count) {
            rows += count;
        }

        /** Counts a row that is skipped, or whose null sample is kept. */
        public void addRowWithoutValues() {
            rowsWithoutValues++;
        }

        /** Counts sparse samples among the rows whose values count. */
        public void addSparse(SparseRows more) {
            sparse = sparse.plus(more);
        }

        /**
         * Counts a row that has a defect.
         *
         * @param example the row in words; null to give none
         */
        public void addDefect(RowDefect defect, @Nullable String example) {
            defects.merge(defect, new Tally(1, example), Tally::plus);
        }

        /**
         * Counts samples of a size.
         *
         * @param example a row in words that has such a sample; null to give none
         */
        public void addSize(SampleSize size, long count, @Nullable String example) {
            sizes.merge(size, new Tally(count, example), Tally::plus);
        }

        private Accumulator addAll(RowReport other) {
            rows += other.rows;
            rowsWithoutValues += other.rowsWithoutValues;
            sparse = sparse.plus(other.sparse);
            other.sizes.forEach((size, tally) -> sizes.merge(size, tally, Tally::plus));
            other.defects.forEach((defect, tally) -> defects.merge(defect, tally, Tally::plus));
            return this;
        }

        /** Everything added so far. */
        public RowReport snapshot() {
            return new RowReport(rows, rowsWithoutValues, sparse, new TreeMap<>(sizes), new TreeMap<>(defects));
        }
    }

    /** Rows whose values count. */
    public long rows() {
        return rows;
    }

    /** Rows that were skipped, or whose null sample is kept. */
    public long rowsWithoutValues() {
        return rowsWithoutValues;
    }

    /** Sparse samples among the rows whose values count. */
    public SparseRows sparse() {
        return sparse;
    }

    /** How many rows have a sample of each size. */
    public Map<SampleSize, Tally> sizes() {
        return Collections.unmodifiableMap(sizes);
    }

    /** How many rows have a defect; null if no row has it. */
    public @Nullable Tally tally(RowDefect defect) {
        return defects.get(defect);
    }

    /** These findings without the defect of values that are not finite. */
    public RowReport withoutNonFinite() {
        if (!defects.containsKey(RowDefect.NON_FINITE)) {
            return this;
        }
        TreeMap<RowDefect, Tally> others = new TreeMap<>(defects);
        others.remove(RowDefect.NON_FINITE);
        return new RowReport(rows, rowsWithoutValues, sparse, sizes, others);
    }

    /** Whether there was neither a row nor a defect. */
    public boolean isEmpty() {
        return rows == 0 && rowsWithoutValues == 0 && sizes.isEmpty() && defects.isEmpty();
    }

    /** The findings of both parts. */
    public RowReport combine(RowReport other) {
        if (isEmpty() || other.isEmpty()) {
            return isEmpty() ? other : this;
        }
        return new Accumulator().addAll(this).addAll(other).snapshot();
    }

    /** Whether rows cannot be used: a defect, or sizes other than the one expected (any one, if that is null). */
    public boolean hasErrors(@Nullable SampleSize expected) {
        return !defects.isEmpty() || hasWrongSizes(expected);
    }

    private boolean hasWrongSizes(@Nullable SampleSize expected) {
        return sizes.size() > 1
                || sizes.keySet().stream().anyMatch(SampleSize::isEmpty)
                || (expected != null && !sizes.isEmpty() && !sizes.containsKey(expected));
    }

    /** One line that tells all errors. */
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
