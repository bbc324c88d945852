package io.github.sparkbatchnorm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;

/**
 * What holds for everything that tasks compute in parts and that is put together: neither order nor grouping nor empty
 * parts change a bit.
 *
 * <p>Every build tries the same seeds, the profile {@code full} fresh ones too. A seed that failed becomes a case in
 * the test of that class: {@code @Example void caseOfSomething() { mergeInAnyWay(seed); }}.
 *
 * @param <V> what is put in
 * @param <T> what is merged
 */
public abstract class MergeContract<V, T> {
    /** Something to put in, some of it rare: not finite, missing, wrong. */
    protected abstract V value(Random random);

    /** The merged form of all values, computed the direct way. */
    protected abstract T of(List<V> values);

    protected abstract T combine(T a, T b);

    /** What must be the same to the bit. */
    protected abstract Object bits(T merged);

    @Property(seed = "1", tries = 40, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    public void anyOrderGroupingAndEmptyPartsGiveTheSameBits(@ForAll long seed) {
        mergeInAnyWay(seed);
    }

    @Tag("full")
    @Property(tries = 1000, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    public void anyOrderGroupingAndEmptyPartsGiveTheSameBitsWithFreshSeeds(@ForAll long seed) {
        mergeInAnyWay(seed);
    }

    /** Merges random values in a random tree and compares with the direct way. */
    protected final void mergeInAnyWay(long seed) {
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
                    .as("combining changes no argument, seed %dL", seed)
                    .isEqualTo(bitsOfA);
        }
        assertThat(bits(parts.get(0))).as("merged, seed %dL", seed).isEqualTo(expected);
    }
}
