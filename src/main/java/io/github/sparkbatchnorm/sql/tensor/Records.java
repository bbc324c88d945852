package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.function.Supplier;

/** Moments records that come from a query, hence from anywhere. */
final class Records {
    private Records() {}

    /**
     * The moments of a record, whose bytes are checked before anything is made of them.
     *
     * @throws BatchNormException if the bytes are no record
     */
    static ChannelMoments read(byte[] record) {
        return checked(() -> ChannelMoments.fromRecord(record));
    }

    /**
     * What is made of moments.
     *
     * @throws BatchNormException if they do not go together
     */
    static ChannelMoments checked(Supplier<ChannelMoments> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new BatchNormException("moments: " + e.getMessage(), e);
        }
    }
}
