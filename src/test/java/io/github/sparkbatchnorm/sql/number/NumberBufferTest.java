package io.github.sparkbatchnorm.sql.number;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** States of aggregates, as Spark updates, sends, merges and reads them. */
class NumberBufferTest {
    /** A state, and the numbers that it is of. */
    private record Part(Serializable state, List<BigDecimal> numbers) {}

    @Property(seed = "1", tries = 150, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void anyWayOfAStateGivesTheExactNumberRoundedOnce(@ForAll long seed) {
        Random random = new Random(seed);
        NumberStatistic[] statistics = NumberStatistic.values();
        NumberStatistic statistic = statistics[random.nextInt(statistics.length)];
        NumberAggregate function = new NumberAggregate(statistic, random.nextBoolean());
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            parts.add(new Part(function.newAggregationState(), new ArrayList<>()));
        }
        int most = random.nextInt(10) == 0 ? 2 * NumberBuffer.BLOCK : 30;
        for (int step = 0; step < 12; step++) {
            Part part = parts.remove(random.nextInt(parts.size()));
            Serializable state = part.state();
            for (int i = random.nextInt(most); i > 0; i--) {
                BigDecimal number = number(function, random);
                state = function.update(state, row(function, number));
                part.numbers().add(number);
            }
            if (!parts.isEmpty() && random.nextInt(4) == 0) {
                Part other = parts.remove(random.nextInt(parts.size()));
                state = function.merge(state, other.state());
                part.numbers().addAll(other.numbers());
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                assertThat(function.produceResult(state))
                        .as("%s of step %d, seed %dL", function, step, seed)
                        .isEqualTo(ExactNumbers.of(statistic, part.numbers()));
            }
            parts.add(new Part(random.nextBoolean() ? sent(state) : state, part.numbers()));
        }
    }

    private static BigDecimal number(NumberAggregate function, Random random) {
        if (function.ofIntegers()) {
            return BigDecimal.valueOf(random.nextLong() >> random.nextInt(Long.SIZE));
        }
        return new BigDecimal(Math.scalb(random.nextGaussian(), random.nextInt(4) == 0 ? random.nextInt(90) - 45 : 0));
    }

    private static InternalRow row(NumberAggregate function, BigDecimal number) {
        Object value = function.ofIntegers() ? (Object) number.longValueExact() : (Object) number.doubleValue();
        return new GenericInternalRow(new Object[] {value});
    }

    /** What Spark makes of a state that it sends: with a class loader that knows no class of ours. */
    private static Serializable sent(Serializable state) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(state);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())) {
            @Override
            protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
                return Class.forName(description.getName(), false, ClassLoader.getPlatformClassLoader());
            }
        }) {
            return (Serializable) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static NumberBuffer of(double... numbers) {
        NumberBuffer buffer = new NumberBuffer();
        for (double x : numbers) {
            buffer.add(x);
        }
        return buffer;
    }

    @Test
    void aStateIsSentAsTheRecordOfItsMoments() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(1);
        moments.add(0, 1.5);
        moments.add(0, Double.NaN);
        assertThat(sent(of(1.5, Double.NaN))).isEqualTo(moments.snapshot().toRecord());
        assertThat(sent(of())).isEqualTo(ChannelMoments.empty(1).toRecord());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 9, 127, 128, 512, 1023, 1024, 1025, 3000})
    void anyNumberOfNumbersIsKeptAlsoAfterResults(int count) {
        for (boolean ofIntegers : new boolean[] {true, false}) {
            NumberAggregate sum = new NumberAggregate(NumberStatistic.SUM, ofIntegers);
            Serializable state = sum.newAggregationState();
            for (int i = 1; i <= count; i++) {
                state = sum.update(state, row(sum, BigDecimal.valueOf(i)));
                if (i % 100 == 0) {
                    assertThat(sum.produceResult(state)).isEqualTo(i * (i + 1) / 2.0);
                }
            }
            assertThat(sum.produceResult(state)).isEqualTo(count * (count + 1) / 2.0);
            assertThat(sum.produceResult(sent(state))).isEqualTo(count * (count + 1) / 2.0);
        }
    }

    @Test
    void mergingAndResultsLeaveTheOtherStateAsItIs() {
        NumberAggregate sum = new NumberAggregate(NumberStatistic.SUM, false);
        NumberBuffer other = of(3, 4);
        Serializable bytes = sent(of(5));
        byte[] before = ((byte[]) bytes).clone();
        Serializable merged = sum.merge(sum.merge(of(1), other), bytes);
        assertThat(sum.produceResult(merged)).isEqualTo(13);
        assertThat(sum.produceResult(sum.merge(bytes, other))).isEqualTo(12);
        assertThat(sum.produceResult(sum.update(bytes, row(sum, BigDecimal.ONE))))
                .isEqualTo(6);
        assertThat(sum.produceResult(other)).isEqualTo(7);
        assertThat(bytes).isEqualTo(before);
    }

    @Test
    void nullsAreLeftOut() {
        NumberAggregate sum = new NumberAggregate(NumberStatistic.SUM, false);
        Serializable state = sum.update(sum.newAggregationState(), new GenericInternalRow(1));
        assertThat(sum.produceResult(state)).isNull();
        assertThat(NumberBuffer.momentsOf(state).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNoStateIsRefused(NumberStatistic statistic) {
        NumberAggregate function = new NumberAggregate(statistic, false);
        InternalRow row = row(function, BigDecimal.ONE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> function.update("text", row))
                .withMessage("an aggregation state of class java.lang.String; expected a NumberBuffer or byte[]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> function.merge(of(1), new byte[] {9, 0}))
                .withMessage("not a moments record: version 9; expected 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> function.produceResult(ChannelMoments.empty(3).toRecord()))
                .withMessage("ChannelMoments of 3 channels; expected 1");
        byte[] record = (byte[]) sent(of(1, 2, 3));
        for (int i = 0; i < record.length; i++) {
            byte[] damaged = record.clone();
            damaged[i] ^= (byte) (1 << i % 8);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> function.produceResult(damaged))
                    .withMessageStartingWith("not a moments record: ");
        }
    }
}
