package io.github.sparkbatchnorm.regression.generate;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;

/** The rows from one number to another, made one by one. Not thread-safe. */
final class GeneratedRows implements Iterator<Row> {
    private final RowSchema schema;
    private final BatchLayout layout;
    private final Batches small;
    private final Batches large;
    private final SampleStream x;
    private final SampleStream dy;
    private final long rowKey;
    private final long end;
    private long next;

    /** The batches of one size, and the permutations for them. */
    private record Batches(BatchCounts counts, AffineBijection rows, AffineBijection x, AffineBijection dy) {}

    /**
     * Creates the rows.
     *
     * @param from the number of the first row
     * @param to the number after the last
     */
    GeneratedRows(GeneratorOptions options, long from, long to) {
        schema = RowSchema.of(options);
        layout = BatchLayout.of(options);
        rowKey = Key.of(options, "row");
        x = new SampleStream(options, RowSchema.X);
        dy = new SampleStream(options, RowSchema.DY);
        small = batches(options, layout.smallSize());
        large = layout.largeBatches() == 0 ? small : batches(options, layout.smallSize() + 1);
        next = from;
        end = to;
    }

    private Batches batches(GeneratorOptions options, long size) {
        BatchCounts counts = BatchCounts.of(options, size);
        return new Batches(counts, AffineBijection.of(size, rowKey), x.bijection(counts), dy.bijection(counts));
    }

    @Override
    public boolean hasNext() {
        return next < end;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException("row " + next + " of rows up to " + end);
        }
        long id = next++;
        long batch = layout.batchOf(id);
        Batches same = layout.isLarge(batch) ? large : small;
        BatchCounts counts = same.counts();
        long place = same.rows().apply(layout.placeOf(id), same.rows().offset(Key.mix(rowKey, batch)));
        @Nullable Object[] row = new Object[schema.width()];
        schema.putNumbers(row, id, batch);
        if (place >= counts.nullRows()) {
            long number = place - counts.nullRows();
            x.make(batch, number, counts, same.x());
            schema.putX(x, row);
            if (schema.hasDy()) {
                dy.make(batch, number, counts, same.dy());
                schema.putDy(dy, row);
            }
        }
        return RowFactory.create(row);
    }
}
