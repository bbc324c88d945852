package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.ColumnReader;
import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;

/** Finds what was made for the batch of a row; rows mostly come batch by batch, so the last is remembered. */
final class BatchLookup<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Shared<BatchMap<T>> shared;
    private final ColumnReader reader;
    private transient @Nullable BatchKey lastKey;
    private transient @Nullable T last;

    BatchLookup(Shared<BatchMap<T>> shared, ColumnReader reader) {
        this.shared = shared;
        this.reader = reader;
    }

    /** @throws BatchNormException if nothing was made for the batch */
    T of(InternalRow row) {
        BatchMap<T> all = shared.value();
        BatchKey key = all.isByBatch() ? reader.batchKey(row) : BatchKey.NONE;
        T found = last;
        if (found == null || lastKey == null || !key.equals(lastKey)) {
            found = all.of(key);
            if (found == null) {
                throw new BatchNormException(reader.tensor().describe() + ": a row of batch " + key
                        + " that the statistics pass did not see; expected the same rows in both passes");
            }
            last = found;
            lastKey = key;
        }
        return found;
    }
}
