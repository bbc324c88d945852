package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.Findings;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/** Merges partials that come sorted by batch: one accumulator is open at a time. */
final class BatchMerge implements Iterator<Tuple2<BatchKey, Partial>> {
    private final Iterator<Tuple2<BatchKey, Partial>> sorted;
    private @Nullable Tuple2<BatchKey, Partial> ahead;

    BatchMerge(Iterator<Tuple2<BatchKey, Partial>> sorted) {
        this.sorted = sorted;
        this.ahead = sorted.hasNext() ? sorted.next() : null;
    }

    @Override
    public boolean hasNext() {
        return ahead != null;
    }

    @Override
    public Tuple2<BatchKey, Partial> next() {
        Tuple2<BatchKey, Partial> partial = ahead;
        if (partial == null) {
            throw new NoSuchElementException();
        }
        BatchKey key = partial._1();
        advance();
        if (!continues(key)) {
            return partial; // as it mostly is where rows come batch by batch
        }
        Findings findings = Findings.NONE;
        Findings gradientFindings = Findings.NONE;
        ChannelMoments.Accumulator moments = null;
        GradientSums.Accumulator gradients = null;
        for (Tuple2<BatchKey, Partial> next = partial; next != null; next = continues(key) ? advance() : null) {
            findings = findings.combine(next._2().findings());
            gradientFindings = gradientFindings.combine(next._2().gradientFindings());
            ChannelMoments someMoments = next._2().moments();
            if (someMoments != null) {
                moments = moments == null ? new ChannelMoments.Accumulator(someMoments.channels()) : moments;
                // Other numbers of channels are an error that the findings tell.
                if (moments.channels() == someMoments.channels()) {
                    moments.addAll(someMoments);
                }
            }
            GradientSums someGradients = next._2().gradients();
            if (someGradients != null) {
                gradients =
                        gradients == null ? new GradientSums.Accumulator(someGradients.channels(), false) : gradients;
                if (gradients.channels() == someGradients.channels()) {
                    gradients.addAll(someGradients);
                }
            }
        }
        return new Tuple2<>(
                key,
                new Partial(
                        moments == null ? null : moments.snapshot(),
                        gradients == null ? null : gradients.snapshot(),
                        findings,
                        gradientFindings));
    }

    /** Moves to the next partial, and gives the one that was ahead. */
    private @Nullable Tuple2<BatchKey, Partial> advance() {
        Tuple2<BatchKey, Partial> was = ahead;
        ahead = sorted.hasNext() ? sorted.next() : null;
        return was;
    }

    private boolean continues(BatchKey key) {
        return ahead != null && ahead._1().equals(key);
    }
}
