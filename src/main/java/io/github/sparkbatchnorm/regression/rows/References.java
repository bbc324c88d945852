package io.github.sparkbatchnorm.regression.rows;

import io.github.sparkbatchnorm.regression.exact.ChannelReference;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The exact formulas of all channels, by batch or for all rows. */
public final class References implements Serializable {
    private static final long serialVersionUID = 1L;

    private final HashMap<String, ChannelReference[]> byBatch = new HashMap<>();
    private final ChannelReference @Nullable [] ofAll;

    private References(ChannelReference @Nullable [] ofAll) {
        this.ofAll = ofAll == null ? null : ofAll.clone();
    }

    /**
     * {@return the formulas of training}
     *
     * @param byBatch for the key of each batch, those of its channels
     */
    public static References byBatch(Map<String, ChannelReference[]> byBatch) {
        References references = new References(null);
        references.byBatch.putAll(byBatch);
        return references;
    }

    /**
     * {@return the formulas of evaluation}
     *
     * @param channels those of each channel
     */
    public static References ofAll(ChannelReference[] channels) {
        return new References(channels);
    }

    ChannelReference @Nullable [] of(String batch) {
        return ofAll == null ? byBatch.get(batch) : ofAll;
    }
}
