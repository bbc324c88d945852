package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorCodec;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.shims.SourceBatch;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/** Reads the columns that a {@link ColumnReader} asks for from columnar batches, in place where that is possible. */
public final class ColumnarReader extends RowReader<ColumnarReader.BatchRow> {
    private static final long serialVersionUID = 1L;

    private final ColumnReader columns;

    /** @param columns reads the same columns row by row */
    public ColumnarReader(ColumnReader columns) {
        super(columns.tensor(), columns.gradients(), columns.withExamples(), columns.isGuarded());
        this.columns = columns;
    }

    /** A row of a columnar batch, with the codecs that read the rows of this batch. */
    public static final class BatchRow {
        private final TensorCodec codec;
        private final @Nullable TensorCodec gradientCodec;
        private InternalRow row = InternalRow.empty();

        private BatchRow(TensorCodec codec, @Nullable TensorCodec gradientCodec) {
            this.codec = codec;
            this.gradientCodec = gradientCodec;
        }
    }

    /**
     * The rows of columnar batches. Where all rows of a batch are read together, its first row stands for them.
     *
     * @param batches of these columns, each read before the next is asked for
     * @return rows that the next call of the iterator overwrites
     */
    public Iterator<BatchRow> rows(Iterator<SourceBatch> batches) {
        return new Iterator<>() {
            private Iterator<InternalRow> rows = Collections.emptyIterator();
            private BatchRow current = new BatchRow(tensor().codec(), null);

            @Override
            public boolean hasNext() {
                while (!rows.hasNext() && batches.hasNext()) {
                    open(batches.next());
                }
                return rows.hasNext();
            }

            private void open(SourceBatch batch) {
                ColumnarBatch vectors = batch.columns();
                TensorCodec together = vectors == null ? null : forAllRows(vectors);
                if (together == null) {
                    current = new BatchRow(codec(vectors), gradientCodec(vectors));
                    rows = batch.rows();
                } else {
                    current = new BatchRow(together, null);
                    rows = List.of(InternalRow.empty()).iterator();
                }
            }

            @Override
            public BatchRow next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                current.row = rows.next();
                return current;
            }
        };
    }

    private @Nullable TensorCodec forAllRows(ColumnarBatch vectors) {
        boolean onlySamples = !hasBatches() && gradients() == null && !withExamples();
        return onlySamples ? tensor().codec().forAllRows(vectors, 0) : null;
    }

    private TensorCodec codec(@Nullable ColumnarBatch vectors) {
        TensorCodec codec = tensor().codec();
        return vectors == null ? codec : codec.forBatch(vectors, 0);
    }

    private @Nullable TensorCodec gradientCodec(@Nullable ColumnarBatch vectors) {
        TensorColumn column = gradients();
        return column == null || vectors == null ? null : column.codec().forBatch(vectors, columns.gradientOrdinal());
    }

    @Override
    void read(BatchRow row, RowSample x) {
        row.codec.read(row.row, 0, x);
    }

    @Override
    void readGradients(BatchRow row, TensorColumn column, RowSample dy) {
        TensorCodec codec = row.gradientCodec;
        (codec == null ? column.codec() : codec).read(row.row, columns.gradientOrdinal(), dy);
    }

    @Override
    public boolean hasBatches() {
        return columns.hasBatches();
    }

    @Override
    public boolean isBatchNull(BatchRow row) {
        return columns.isBatchNull(row.row);
    }

    @Override
    public BatchKey batchKey(BatchRow row) {
        return columns.batchKey(row.row);
    }

    @Override
    public String example(BatchRow row) {
        return columns.example(row.row);
    }
}
