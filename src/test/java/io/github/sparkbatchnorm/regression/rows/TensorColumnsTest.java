package io.github.sparkbatchnorm.regression.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.Dtype;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

final class TensorColumnsTest {
    private static final TensorColumns X = TensorColumns.ofColumn("x");
    private static final TensorColumns CHANNELS = new TensorColumns(List.of("a", "b", "c"), true, false, null);

    private static Seq<Object> seq(Object... elements) {
        return CollectionConverters.asScala(Arrays.asList(elements)).toSeq();
    }

    /** The sample in the second column of a row. */
    private static double @Nullable [] read(TensorColumns columns, @Nullable Object sample) {
        return columns.read(RowFactory.create("key", sample), 1, new boolean[0]);
    }

    private static TensorColumns binary(Dtype dtype) {
        return new TensorColumns(List.of("x"), false, false, dtype);
    }

    @Test
    void arraysOfEveryNumberAreRead() {
        assertThat(read(X, seq(1.5f, -0.0f))).containsExactly(1.5, -0.0);
        assertThat(read(X, seq(0.1, Double.NaN))).containsExactly(0.1, Double.NaN);
        assertThat(read(X, seq((byte) -1, (short) 2, 3, 4L, new BigDecimal("0.5"))))
                .containsExactly(-1, 2, 3, 4, 0.5);
        assertThat(read(X, seq())).isEmpty();
    }

    @Test
    void nestedArraysAreReadInTheirOrder() {
        assertThat(read(X, seq(seq(seq(1.0, 2.0), seq(3.0, 4.0)), seq(seq(5.0, 6.0), seq(7.0, 8.0)))))
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void sparseVectorsHaveZerosWhereTheyNameNothing() {
        assertThat(read(X, Vectors.dense(1, 2))).containsExactly(1, 2);
        assertThat(read(X, Vectors.sparse(4, new int[] {1, 3}, new double[] {5, Double.NaN})))
                .containsExactly(0, 5, 0, Double.NaN);
    }

    @Test
    void binaryTensorsAreLittleEndian() {
        byte[] floats = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1.5f)
                .putFloat(-2)
                .array();
        byte[] doubles = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(0.1)
                .putDouble(-2)
                .array();
        assertThat(read(binary(Dtype.FLOAT32), floats)).containsExactly(1.5, -2);
        assertThat(read(binary(Dtype.FLOAT64), doubles)).containsExactly(0.1, -2);
    }

    @Test
    void bytesOfImagesHaveNoSign() {
        StructType schema = new StructType().add("height", "int").add("data", "binary");
        Row image = new GenericRowWithSchema(new Object[] {1, new byte[] {0, 127, -128, -1}}, schema);
        assertThat(read(X, image)).containsExactly(0, 127, 128, 255);
    }

    @Test
    void aNullSampleIsNull() {
        assertThat(read(X, null)).isNull();
    }

    @Test
    void channelColumnsTellWhichAreThere() {
        boolean[] present = new boolean[3];
        assertThat(CHANNELS.read(RowFactory.create("key", 2.5f, null, true), 1, present))
                .containsExactly(2.5, Double.NaN, 1);
        assertThat(present).containsExactly(true, false, true);
        assertThat(CHANNELS.read(RowFactory.create("key", false, 3, Double.NaN), 1, present))
                .containsExactly(0, 3, Double.NaN);
        assertThat(present).containsExactly(true, true, true);
        assertThat(CHANNELS.read(RowFactory.create("key", null, null, null), 1, present))
                .isNull();
        assertThat(present).containsExactly(false, false, false);
    }

    @Test
    void theAxisOfChannelsIsFirstOrLast() {
        TensorColumns last = new TensorColumns(List.of("x"), false, true, null);
        int[] ofFirst = new int[6];
        int[] ofLast = new int[6];
        for (int i = 0; i < 6; i++) {
            ofFirst[i] = X.channelOf(i, 6, 3);
            ofLast[i] = last.channelOf(i, 6, 3);
        }
        assertThat(ofFirst).containsExactly(0, 0, 1, 1, 2, 2);
        assertThat(ofLast).containsExactly(0, 1, 2, 0, 1, 2);
    }
}
