package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The transforms of all batches, or one transform for all rows: the value that is broadcast to a pass over the rows.
 */
final class BatchMap<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Map<BatchKey, T> byBatch;
    private final @Nullable T shared;

    private BatchMap(Map<BatchKey, T> byBatch, @Nullable T shared) {
        this.byBatch = byBatch;
        this.shared = shared;
    }

    /** One transform for all rows. */
    static <T> BatchMap<T> all(T shared) {
        return new BatchMap<>(new HashMap<>(), shared);
    }

    /** A transform for each batch; one of {@link BatchKey#NONE} is for all rows. */
    static <T> BatchMap<T> byBatch(Map<BatchKey, T> transforms) {
        return new BatchMap<>(new HashMap<>(transforms), transforms.get(BatchKey.NONE));
    }

    /** Whether the key of a row's batch is needed. */
    boolean isByBatch() {
        return shared == null;
    }

    /**
     * The transform of a batch.
     *
     * @param key any key where one transform is for all rows
     * @return null if there is no such batch
     */
    @Nullable
    T of(BatchKey key) {
        return shared != null ? shared : byBatch.get(key);
    }
}
