package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The transforms of all batches, or one transform for all rows: the value that a pass over the rows needs.
 *
 * @param <T> the transform of a batch
 */
public final class BatchMap<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Map<BatchKey, T> byBatch;
    private final @Nullable T shared;

    private BatchMap(Map<BatchKey, T> byBatch, @Nullable T shared) {
        this.byBatch = byBatch;
        this.shared = shared;
    }

    /**
     * {@return one transform for all rows}
     *
     * @param shared the transform
     * @param <T> the transform of a batch
     */
    public static <T> BatchMap<T> all(T shared) {
        return new BatchMap<>(new HashMap<>(), shared);
    }

    /**
     * {@return a transform for each batch}
     *
     * @param transforms by batch; one of {@link BatchKey#NONE} is for all rows
     * @param <T> the transform of a batch
     */
    public static <T> BatchMap<T> byBatch(Map<BatchKey, T> transforms) {
        return new BatchMap<>(new HashMap<>(transforms), transforms.get(BatchKey.NONE));
    }

    /** The number of transforms. */
    int size() {
        return shared == null ? byBatch.size() : 1;
    }

    /** Whether any transform is one of a kind. */
    boolean anyMatch(Predicate<? super T> kind) {
        return shared == null ? byBatch.values().stream().anyMatch(kind) : kind.test(shared);
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
