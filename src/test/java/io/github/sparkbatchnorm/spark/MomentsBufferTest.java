package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MomentsBufferTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final SampleShape SHAPE = SampleShape.channelsFirst(2);

    private static MomentsBuffer buffer() {
        return new MomentsBuffer().add(new float[] {1.5f, -2}, SHAPE).add(new double[] {1e300, Double.NaN}, SHAPE);
    }

    /** What Java makes of serialized bytes where no class of ours can be found, as in Spark's SQL aggregates. */
    private static Object readWithoutOurClasses(Serializable value) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())) {
            @Override
            protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
                return Class.forName(description.getName(), false, ClassLoader.getPlatformClassLoader());
            }
        }) {
            return in.readObject();
        }
    }

    @Test
    void everyClassLoaderReadsWhatJavaSerializes() throws IOException, ClassNotFoundException {
        for (MomentsBuffer buffer : List.of(buffer(), new MomentsBuffer())) {
            Object read = readWithoutOurClasses(buffer);
            assertThat(read).isEqualTo(buffer.toBytes());
            assertThat(MomentsBuffer.from(read).moments()).isEqualTo(buffer.moments());
        }
        assertThatThrownBy(() -> readWithoutOurClasses(buffer().moments().orElseThrow()))
                .isInstanceOf(ClassNotFoundException.class);
    }

    @ParameterizedTest
    @EnumSource
    void sparksSerializersKeepTheMoments(Serializers serializer) {
        Object copy = serializer.roundTrip(buffer());
        assertThat(MomentsBuffer.from(copy).moments()).isEqualTo(buffer().moments());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 40})
    void anAggregationOfAnRddHasTheBitsOfOneAccumulator(int partitions) {
        List<float[]> data = new ArrayList<>();
        ChannelMoments.Accumulator expected = new ChannelMoments.Accumulator(2);
        for (int i = 0; i < 30; i++) {
            float[] sample = {(float) Math.sin(i), (float) Math.exp(i)};
            data.add(sample);
            expected.add(sample, SHAPE);
        }
        JavaRDD<float[]> samples = jsc().parallelize(data, partitions);
        SampleShape shape = SHAPE;
        Serializable all = samples.treeAggregate(
                (Serializable) new MomentsBuffer(),
                (buffer, sample) -> MomentsBuffer.from(buffer).add(sample, shape),
                (a, b) -> MomentsBuffer.from(a).merge(MomentsBuffer.from(b)));
        assertThat(MomentsBuffer.from(all).moments()).contains(expected.snapshot());
    }

    @Test
    void itsBytesAreTheRecordOfTheMoments() {
        ChannelMoments moments = buffer().moments().orElseThrow();
        assertThat(buffer().toBytes()).isEqualTo(moments.toRecord());
        assertThat(MomentsBuffer.from(moments.toRecord()).moments()).contains(moments);
        assertThat(new MomentsBuffer().toBytes()).isEmpty();
        assertThat(MomentsBuffer.from(new byte[0]).moments()).isEmpty();
    }

    @Test
    void mergingAddsAndNothingIsNeutral() {
        MomentsBuffer merged =
                new MomentsBuffer().merge(buffer()).merge(new MomentsBuffer()).merge(buffer());
        ChannelMoments once = buffer().moments().orElseThrow();
        assertThat(merged.moments()).contains(once.combine(once));
        assertThat(new MomentsBuffer().moments()).isEmpty();
        assertThat(new MomentsBuffer()).hasToString("MomentsBuffer[no samples]");
    }

    @Test
    void whatIsNoBufferIsRefused() {
        assertThatThrownBy(() -> MomentsBuffer.from("text"))
                .hasMessage("a buffer of class java.lang.String; expected a MomentsBuffer or byte[]");
        assertThatThrownBy(() -> MomentsBuffer.from(new byte[] {9, 0}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a moments record: version 9; expected 1");
        assertThatThrownBy(() -> MomentsBuffer.from(new byte[] {1, 0})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> buffer().add(new float[3], SampleShape.channelsFirst(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 channels");
        assertThatThrownBy(() -> buffer().merge(new MomentsBuffer().add(new float[3], SampleShape.channelsFirst(3))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 channels; expected 2");
    }
}
