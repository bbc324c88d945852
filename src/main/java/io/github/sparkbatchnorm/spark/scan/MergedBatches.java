package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/** What the batches of a partition came to. Their results are there only if they are not too many for the driver. */
public final class MergedBatches implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ArrayList<BatchResult> results = new ArrayList<>();
    private final boolean hasResults;
    private Partial findings = Partial.empty();
    private long count;
    private int channels;
    private long bytes;

    /**
     * Rounds batches.
     *
     * @param merged one partial a batch
     * @param limit bytes of all results; beyond it they stay where they are
     * @param expectedChannels C that a batch is to have, 0 for any; others have no result
     */
    MergedBatches(
            Iterator<Tuple2<BatchKey, Partial>> merged,
            long limit,
            int expectedChannels,
            NonFinitePolicy policy,
            @Nullable GradientRule rule) {
        while (merged.hasNext()) {
            Tuple2<BatchKey, Partial> batch = merged.next();
            findings = findings.combine(batch._2().withoutSums());
            channels = Math.max(channels, batch._2().channels());
            count += batch._1().equals(BatchKey.NONE) ? 0 : 1;
            bytes += batch._1().equals(BatchKey.NONE) ? 0 : BatchResult.bytes(batch._2(), policy, rule);
            boolean asExpected = expectedChannels == 0 || batch._2().channels() == expectedChannels;
            if (asExpected && bytes <= limit) {
                BatchResult result = BatchResult.of(batch._1(), batch._2(), policy, rule);
                if (result != null) {
                    results.add(result);
                }
            }
        }
        hasResults = bytes <= limit;
        if (!hasResults) {
            results.clear();
        }
    }

    /** What was found in all rows. */
    Partial findings() {
        return findings;
    }

    /** Number of batches. */
    long count() {
        return count;
    }

    /** Most channels of a batch. */
    int channels() {
        return channels;
    }

    /** About the bytes of all results, whether they are there or not. */
    long bytes() {
        return bytes;
    }

    boolean hasResults() {
        return hasResults;
    }

    /** In ascending order of their keys, if they are there. */
    List<BatchResult> results() {
        return results;
    }
}
