package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Something for each batch, such as its transform: what is broadcast to a pass over the rows. */
public final class BatchMap<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Map<BatchKey, T> byBatch;
    private final @Nullable T single;

    private BatchMap(Map<BatchKey, T> byBatch, @Nullable T single) {
        this.byBatch = byBatch;
        this.single = single;
    }

    /** One thing for all rows. */
    public static <T> BatchMap<T> all(T single) {
        return new BatchMap<>(new HashMap<>(), single);
    }

    /** Each batch's own; that of {@link BatchKey#NONE} is for all rows. */
    public static <T> BatchMap<T> byBatch(Map<BatchKey, T> things) {
        return new BatchMap<>(new HashMap<>(things), things.get(BatchKey.NONE));
    }

    /** Whether each row needs its batch's key. */
    public boolean isByBatch() {
        return single == null;
    }

    /** That of a batch, any key for the one of all rows; null if there is no such batch. */
    @Nullable
    public T of(BatchKey key) {
        return single != null ? single : byBatch.get(key);
    }
}
