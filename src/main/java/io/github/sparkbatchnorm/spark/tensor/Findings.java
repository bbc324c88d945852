package io.github.sparkbatchnorm.spark.tensor;

import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Findings of a scan besides its sums: the number of rows, the sizes of their samples, and for each kind of defect how
 * many rows have it and the smallest example. Immutable; the same for every order and partitioning of the rows.
 */
public final class Findings implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What can be wrong with a row. */
    public enum Defect {
        NULL_SAMPLE("null in %s; expected a sample in each row, or set handleInvalid to skip or keep"),
        NULL_ELEMENT("null element in %s; expected none, or set handleInvalid to skip"),
        NULL_CHANNEL("null in %s; expected a number in each column, or set handleInvalid to skip or keep"),
        RAGGED("nested arrays of unequal lengths in %s; expected each row to be rectangular"),
        BROKEN_BYTES(
                "bytes that are no whole number of values in %s; expected whole values, or a whole image: check dtype"),
        LONG_TOO_LARGE("integers beyond 2^53 in %s; expected integers that a double holds exactly: scale or cast them"),
        NULL_BATCH("null batch in %s; expected a batch in each row"),
        OTHER_SHAPE("gradients of another shape than the values in %s; expected the same shape"),
        NON_FINITE("NaN or infinite values in %s");

        private final String message;

        Defect(String message) {
            this.message = message;
        }
    }

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
    public static final Findings NONE = new Findings(0, 0, SparseRows.NONE, new TreeMap<>(), new TreeMap<>());

    /** Sizes that a message lists. */
    private static final int MAX_SIZES = 5;

    private final long rows;
    private final long rowsWithoutValues;
    private final SparseRows sparse;
    private final SortedMap<SampleSize, Tally> sizes;
    private final SortedMap<Defect, Tally> defects;

    private Findings(
            long rows,
            long rowsWithoutValues,
            SparseRows sparse,
            SortedMap<SampleSize, Tally> sizes,
            SortedMap<Defect, Tally> defects) {
        this.rows = rows;
        this.rowsWithoutValues = rowsWithoutValues;
        this.sparse = sparse;
        this.sizes = sizes;
        this.defects = defects;
    }

    /** Findings that are still being added to; mutable. */
    public static final class Accumulator {
        private long rows;
        private long rowsWithoutValues;
        private SparseRows sparse = SparseRows.NONE;
        private final TreeMap<SampleSize, Tally> sizes = new TreeMap<>();
        private final TreeMap<Defect, Tally> defects = new TreeMap<>();

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
        public void addDefect(Defect defect, @Nullable String example) {
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

        private Accumulator addAll(Findings other) {
            rows += other.rows;
            rowsWithoutValues += other.rowsWithoutValues;
            sparse = sparse.plus(other.sparse);
            other.sizes.forEach((size, tally) -> sizes.merge(size, tally, Tally::plus));
            other.defects.forEach((defect, tally) -> defects.merge(defect, tally, Tally::plus));
            return this;
        }

        /** Everything added so far. */
        public Findings snapshot() {
            return new Findings(rows, rowsWithoutValues, sparse, new TreeMap<>(sizes), new TreeMap<>(defects));
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
    public @Nullable Tally tally(Defect defect) {
        return defects.get(defect);
    }

    /** These findings without the defect of values that are not finite. */
    public Findings withoutNonFinite() {
        if (!defects.containsKey(Defect.NON_FINITE)) {
            return this;
        }
        TreeMap<Defect, Tally> others = new TreeMap<>(defects);
        others.remove(Defect.NON_FINITE);
        return new Findings(rows, rowsWithoutValues, sparse, sizes, others);
    }

    /** Whether there was neither a row nor a defect. */
    public boolean isEmpty() {
        return rows == 0 && rowsWithoutValues == 0 && sizes.isEmpty() && defects.isEmpty();
    }

    /** The findings of both parts. */
    public Findings combine(Findings other) {
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
        defects.forEach((defect, tally) -> separate(text).append(String.format(defect.message, tally)));
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
