package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;

/** Finds the transform of a row's batch. Rows mostly come batch by batch, so the last transform is remembered. */
final class BatchLookup<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ValueSource<BatchMap<T>> source;
    private final ColumnReader reader;
    /** One object, so that threads that share this see a key and a transform that belong together. */
    private transient @Nullable Found<T> last;

    private record Found<T>(BatchKey key, T transform) {}

    BatchLookup(ValueSource<BatchMap<T>> source, ColumnReader reader) {
        this.source = source;
        this.reader = reader;
    }

    /** @throws BatchNormException if there is no transform for the batch */
    T of(InternalRow row) {
        BatchMap<T> all = source.value();
        BatchKey key = all.isByBatch() ? reader.batchKey(row) : BatchKey.NONE;
        Found<T> found = last;
        if (found == null || !key.equals(found.key())) {
            T transform = all.of(key);
            if (transform == null) {
                throw new BatchNormException(reader.tensor().describe() + ": a row of batch " + key
                        + " that the statistics pass did not see; expected the same rows in both passes");
            }
            found = new Found<>(key, transform);
            last = found;
        }
        return found.transform();
    }
}
