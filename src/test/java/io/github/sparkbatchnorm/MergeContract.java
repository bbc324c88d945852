package io.github.sparkbatchnorm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * What holds for everything that tasks compute in parts and that is put together: neither order nor grouping nor empty
 * parts change a bit.
 *
 * @param <V> what is put in
 * @param <T> what is merged
 */
public abstract class MergeContract<V, T> {
    /** Something to put in, some of it rare: not finite, missing, wrong. */
    protected abstract V value(Random random);

    /** All of some values, the direct way. */
    protected abstract T of(List<V> values);

    protected abstract T combine(T a, T b);

    /** What must be the same to the bit. */
    protected abstract Object bits(T merged);

    @RepeatedTest(40)
    void anyOrderGroupingAndEmptyPartsGiveTheSameBits(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        List<V> values = new ArrayList<>();
        for (int i = random.nextInt(150); i > 0; i--) {
            values.add(value(random));
        }
        Object expected = bits(of(values));
        Collections.shuffle(values, random);

        List<T> parts = new ArrayList<>(List.of(of(List.of())));
        for (int from = 0; from < values.size(); ) {
            int to = Math.min(values.size(), from + random.nextInt(40));
            parts.add(of(values.subList(from, to)));
            from = to;
        }
        // A random tree, with the two sides either way round.
        while (parts.size() > 1) {
            T a = parts.remove(random.nextInt(parts.size()));
            T b = parts.remove(random.nextInt(parts.size()));
            Object bitsOfA = bits(a);
            parts.add(random.nextBoolean() ? combine(a, b) : combine(b, a));
            assertThat(bits(a))
                    .as("combining changes no argument, seed %d", seed)
                    .isEqualTo(bitsOfA);
        }
        assertThat(bits(parts.get(0))).as("seed %d", seed).isEqualTo(expected);
    }
}
