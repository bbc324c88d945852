package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.ChannelTransform;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The transform of each batch: what is broadcast to the normalize pass. */
final class BatchTransforms implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Map<BatchKey, ChannelTransform> byBatch;
    private final @Nullable ChannelTransform single;

    private BatchTransforms(Map<BatchKey, ChannelTransform> byBatch, @Nullable ChannelTransform single) {
        this.byBatch = byBatch;
        this.single = single;
    }

    /** One transform for all rows. */
    static BatchTransforms all(ChannelTransform transform) {
        return new BatchTransforms(new HashMap<>(), transform);
    }

    static BatchTransforms byBatch(Map<BatchKey, ChannelTransform> transforms) {
        return new BatchTransforms(new HashMap<>(transforms), null);
    }

    /** Whether each row needs its batch's key. */
    boolean isByBatch() {
        return single == null;
    }

    /** The transform of a batch, any key for the one of all rows; null if there is no such batch. */
    @Nullable
    ChannelTransform of(BatchKey key) {
        return single != null ? single : byBatch.get(key);
    }
}
