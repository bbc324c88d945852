package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/** Merges partials that come sorted by batch to one partial a batch: one accumulator is open at a time. */
final class BatchMerge implements Iterator<Tuple2<BatchKey, Partial>> {
    private final Iterator<Tuple2<BatchKey, Partial>> sorted;
    private @Nullable Tuple2<BatchKey, Partial> ahead;

    /** @param sorted partials in ascending order of their keys; consumed as the merged ones are asked for */
    BatchMerge(Iterator<Tuple2<BatchKey, Partial>> sorted) {
        this.sorted = sorted;
    }

    @Override
    public boolean hasNext() {
        return ahead != null || sorted.hasNext();
    }

    @Override
    public Tuple2<BatchKey, Partial> next() {
        Tuple2<BatchKey, Partial> first = take();
        BatchKey key = first._1();
        if (!continues(key)) {
            return first; // as it mostly is where rows come batch by batch
        }
        Partial.Accumulator merged = new Partial.Accumulator();
        merged.add(first._2());
        while (continues(key)) {
            merged.add(take()._2());
        }
        return new Tuple2<>(key, merged.snapshot());
    }

    private Tuple2<BatchKey, Partial> take() {
        Tuple2<BatchKey, Partial> taken = ahead;
        ahead = null;
        if (taken != null) {
            return taken;
        }
        if (!sorted.hasNext()) {
            throw new NoSuchElementException();
        }
        return sorted.next();
    }

    private boolean continues(BatchKey key) {
        Tuple2<BatchKey, Partial> next = ahead;
        if (next == null && sorted.hasNext()) {
            next = sorted.next();
            ahead = next;
        }
        return next != null && next._1().equals(key);
    }
}
