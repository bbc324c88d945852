package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Taking values away gives the counts and sums of those that remain, in any chain of merges and subtractions. */
class SubtractionTest {
    /** How many channels the samples of a trial have, and whether they name only some of them. */
    private record Kind(int channels, boolean sparse) {
        ChannelMoments of(List<double[]> samples) {
            ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(channels);
            SampleShape shape = SampleShape.channelsFirst(channels);
            for (double[] sample : samples) {
                if (sparse) {
                    int[] named = IntStream.range(0, channels)
                            .filter(c -> sample[c] != 0)
                            .toArray();
                    moments.addSparse(
                            named,
                            Arrays.stream(named).mapToDouble(c -> sample[c]).toArray(),
                            shape);
                } else {
                    moments.add(sample, shape);
                }
            }
            return moments.snapshot();
        }

        double[] sample(Random random) {
            Values[] kinds = Values.values();
            Values values = kinds[random.nextInt(kinds.length)];
            double[] sample = new double[channels];
            for (int c = 0; c < channels; c++) {
                sample[c] = !sparse || random.nextInt(15) == 0 ? values.next(random) : 0;
            }
            return sample;
        }
    }

    /** Moments, the samples whose they are, and whether something was subtracted on the way. */
    private record Part(ChannelMoments moments, List<double[]> samples, boolean subtracted) {}

    @Property(seed = "1", tries = 150, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void anyChainGivesTheBitsOfWhatRemains(@ForAll long seed) {
        mergeAndSubtract(seed);
    }

    @Tag("full")
    @Property(tries = 5000, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void anyChainGivesTheBitsOfWhatRemainsWithFreshSeeds(@ForAll long seed) {
        mergeAndSubtract(seed);
    }

    private static void mergeAndSubtract(long seed) {
        Random random = new Random(seed);
        Kind kind = random.nextBoolean() ? new Kind(3, false) : new Kind(60, true);
        List<Part> parts = new ArrayList<>();
        for (int i = 2 + random.nextInt(6); i > 0; i--) {
            List<double[]> samples = new ArrayList<>();
            for (int s = random.nextInt(20); s > 0; s--) {
                samples.add(kind.sample(random));
            }
            parts.add(new Part(kind.of(samples), samples, false));
        }
        for (int step = 0; step < 12; step++) {
            Part next;
            if (parts.size() > 1 && random.nextBoolean()) {
                next = merged(parts.remove(random.nextInt(parts.size())), parts.remove(random.nextInt(parts.size())));
            } else {
                next = less(parts.remove(random.nextInt(parts.size())), kind, random);
            }
            ChannelMoments expected = kind.of(next.samples());
            assertThat(numbers(next.moments())).as("seed %dL", seed).isEqualTo(numbers(expected));
            assertThat(next.moments().hasKnownExtremes()).as("seed %dL", seed).isEqualTo(!next.subtracted());
            if (!next.subtracted()) {
                assertThat(next.moments()).as("seed %dL", seed).isEqualTo(expected);
            }
            parts.add(new Part(sent(next.moments(), random), next.samples(), next.subtracted()));
        }
    }

    private static Part merged(Part a, Part b) {
        List<double[]> samples = new ArrayList<>(a.samples());
        samples.addAll(b.samples());
        return new Part(a.moments().combine(b.moments()), samples, a.subtracted() || b.subtracted());
    }

    /** Some of the samples taken away, at once or as something from which others were taken away before. */
    private static Part less(Part part, Kind kind, Random random) {
        List<double[]> samples = new ArrayList<>(part.samples());
        Collections.shuffle(samples, random);
        int kept = samples.isEmpty() || random.nextInt(5) == 0 ? samples.size() : random.nextInt(samples.size());
        List<double[]> taken = samples.subList(kept, samples.size());
        ChannelMoments less = kind.of(taken);
        if (random.nextBoolean()) {
            ChannelMoments more = kind.of(List.of(kind.sample(random)));
            less = less.combine(more).subtract(more);
        }
        ChannelMoments before = part.moments();
        byte[] bytes = before.toCompactBytes();
        Part result = new Part(
                before.subtract(less), List.copyOf(samples.subList(0, kept)), part.subtracted() || !taken.isEmpty());
        assertThat(before.toCompactBytes()).isEqualTo(bytes);
        return result;
    }

    /** The same moments after a way that keeps them. */
    private static ChannelMoments sent(ChannelMoments moments, Random random) {
        ChannelMoments sent =
                switch (random.nextInt(4)) {
                    case 0 -> ChannelMoments.fromRecord(moments.toRecord());
                    case 1 -> ChannelMoments.fromCompactBytes(moments.toCompactBytes());
                    case 2 -> serialized(moments);
                    default -> moments;
                };
        assertThat(sent).isEqualTo(moments).hasSameHashCodeAs(moments);
        return sent;
    }

    private static ChannelMoments serialized(ChannelMoments moments) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(moments);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return (ChannelMoments) in.readObject();
            }
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** All but the extremes. */
    private static List<List<Object>> numbers(ChannelMoments moments) {
        List<List<Object>> numbers = new ArrayList<>();
        for (int c = 0; c < moments.channels(); c++) {
            numbers.add(List.of(
                    moments.count(c),
                    moments.nanCount(c),
                    moments.positiveInfinityCount(c),
                    moments.negativeInfinityCount(c),
                    moments.exactSum(c),
                    moments.exactSumOfSquares(c)));
        }
        return numbers;
    }

    private static ChannelMoments of(double... values) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(1);
        for (double value : values) {
            moments.add(0, value);
        }
        return moments.snapshot();
    }

    @Test
    void extremesAreUnknownFromThenOn() {
        ChannelMoments less = of(1, 2, 3).subtract(of(3));
        ChannelMoments later = of(7).combine(less).combine(of(-7));
        for (ChannelMoments moments : List.of(less, later, less.subtract(less).combine(of(1)), later.combine(of()))) {
            assertThat(moments.hasKnownExtremes()).isFalse();
            assertThat(Double.doubleToRawLongBits(moments.min(0))).isEqualTo(0x7FF8_0000_0000_0000L);
            assertThat(Double.doubleToRawLongBits(moments.max(0))).isEqualTo(0x7FF8_0000_0000_0000L);
            for (ChannelStatistics statistics : List.of(moments.statistics(), moments.finiteStatistics())) {
                assertThat(statistics.hasKnownExtremes()).isFalse();
                assertThat(statistics.min(0)).isNaN();
                assertThat(statistics.max(0)).isNaN();
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> StatisticsDigest.ofBatch(moments))
                    .withMessage(
                            "moments whose minimum and maximum are unknown; expected known ones, which the digest is over");
        }
        assertThat(less.statistics().mean(0)).isEqualTo(1.5);
        assertThat(less.statistics().populationVariance(0)).isEqualTo(0.25);
        assertThat(of(1).hasKnownExtremes()).isTrue();
        assertThat(of(1).statistics().hasKnownExtremes()).isTrue();
        assertThat(less).isNotEqualTo(of(1, 2)).isEqualTo(of(2, 5, 1).subtract(of(5)));
    }

    @Test
    void takingNothingAwayChangesNothing() {
        ChannelMoments nothing = of(5).subtract(of(5));
        for (ChannelMoments moments : List.of(of(1, 2), of(1, 2).subtract(of(2)))) {
            assertThat(moments.subtract(of())).isEqualTo(moments);
            assertThat(moments.subtract(nothing)).isEqualTo(moments);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1 2, 1 2 3, count -1 with 0 NaN; 0 +infinity and 0 -infinity",
        "1 NaN, NaN NaN, count 0 with -1 NaN; 0 +infinity and 0 -infinity",
        "1 Infinity, Infinity Infinity, count 0 with 0 NaN; -1 +infinity and 0 -infinity",
        "1 -Infinity, -Infinity -Infinity, count 0 with 0 NaN; 0 +infinity and -1 -infinity",
        "1 NaN NaN, 1 2, count 1 with 2 NaN; 0 +infinity and 0 -infinity",
        "1 2, 1 3, sum -1.0 and sum of squares -5.0 of 0 finite values",
        "1 2, -1 4, sum 0.0 and sum of squares -12.0 of 0 finite values",
        "3 4, -5, sum 12.0 and sum of squares 0.0 of 1 finite values",
        "3 4 5, 7 0, sum 5.0 and sum of squares 1.0 of 1 finite values"
    })
    void whatWasNeverAddedCannotBeTakenAway(String added, String taken, String found) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(numbers(added)).subtract(of(numbers(taken))))
                .withMessageStartingWith("the difference has in channel 0: " + found.replace(';', ','))
                .withMessageEndingWith("; only values that were added can be subtracted");
    }

    private static double[] numbers(String text) {
        return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void otherNumbersOfChannelsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(1).subtract(ChannelMoments.empty(2)))
                .withMessage("ChannelMoments of 2 channels; expected 1");
    }

    @Test
    void sparseChannelsStayShared() {
        SampleShape large = SampleShape.channelsFirst(10_000_000);
        ChannelMoments.Accumulator all = new ChannelMoments.Accumulator(large.channels());
        ChannelMoments.Accumulator some = new ChannelMoments.Accumulator(large.channels());
        ChannelMoments.Accumulator rest = new ChannelMoments.Accumulator(large.channels());
        for (int i = 0; i < 1000; i++) {
            int[] indices = {i, 9_999 * i + 1, 9_999_999};
            double[] values = {i + 1, -i - 1, 0.5};
            all.addSparse(indices, values, large);
            (i % 2 == 0 ? some : rest).addSparse(indices, values, large);
        }
        ChannelMoments minuend = all.snapshot();
        ChannelMoments subtrahend = some.snapshot();
        long before = Allocation.bytes();
        ChannelMoments found = minuend.subtract(subtrahend);
        assertThat(Allocation.bytes() - before).isLessThan(5_000_000);
        // Merging with nothing that is marked gives the mark to the expected moments.
        ChannelMoments expected = rest.snapshot().combine(found.subtract(found));
        assertThat(found).isEqualTo(expected);
        assertThat(found.heldChannels()).isLessThan(3000);
        before = Allocation.bytes();
        ChannelMoments merged = found.combine(subtrahend);
        assertThat(Allocation.bytes() - before).isLessThan(5_000_000);
        assertThat(merged).isEqualTo(minuend.combine(found.subtract(found)));
        assertThat(merged.count(5_000_000)).isEqualTo(1000);
        assertThat(merged.toCompactBytes()).hasSizeLessThan(500_000);
    }
}
