package io.github.sparkbatchnorm.spark.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The same values as every kind of column: one digest, and the same output values. */
final class TensorKindsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> data;

    @BeforeEach
    void makeData() {
        data = TensorKinds.data(spark());
    }

    @Test
    void everyKindOfColumnHasTheSameDigest() {
        String digest = Tensors.statistics(data, TensorKinds.kinds().get(0)).digest();
        for (TensorOptions kind : TensorKinds.kinds()) {
            assertThat(Tensors.statistics(data, kind).digest())
                    .as(kind.columns().toString())
                    .isEqualTo(digest);
        }
    }

    @Test
    void everyKindOfColumnGivesTheSameOutputInItsOwnType() {
        DatasetStatistics statistics =
                Tensors.statistics(data, TensorKinds.kinds().get(0));
        BatchNormState state = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        List<double[]> expected = null;
        for (TensorOptions kind : TensorKinds.kinds()) {
            String name = kind.columns().get(0);
            try (BroadcastDataset normalized = TensorDataset.of(data, kind)
                    .normalize(statistics, state, "y")
                    .broadcast()) {
                Dataset<Row> result = normalized.dataset();
                assertThat(result.schema().apply("y").dataType())
                        .isEqualTo(TensorKinds.SCHEMA.apply(name).dataType());
                assertThat(result.columns()).containsExactly(append(data.columns(), "y"));
                boolean single = List.of("floats", "nested", "raw32").contains(name);
                List<double[]> values = new ArrayList<>();
                for (Row row : result.orderBy("id").select("y").collectAsList()) {
                    values.add(values(row.get(0), name));
                }
                if (expected == null) {
                    expected = values;
                    assertThat(values).hasSize(300);
                } else {
                    for (int r = 0; r < 300; r++) {
                        for (int i = 0; i < 6; i++) {
                            double y = values.get(r)[i];
                            assertThat((float) y).as(name).isEqualTo((float) expected.get(r)[i]);
                            assertThat(single ? (float) y : y).isEqualTo(y);
                        }
                    }
                }
            }
        }
    }

    private static String[] append(String[] names, String name) {
        String[] all = Arrays.copyOf(names, names.length + 1);
        all[names.length] = name;
        return all;
    }

    /** An output value, flat with channels first. */
    private static double[] values(Object value, String kind) {
        if (value instanceof Vector vector) {
            return vector.toArray();
        }
        double[] flat = new double[6];
        if (value instanceof byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 6; i++) {
                flat[i] = bytes.length == 24 ? in.getFloat() : in.getDouble();
            }
            return flat;
        }
        List<Number> numbers = new ArrayList<>();
        flatten(value, numbers);
        for (int i = 0; i < 6; i++) {
            flat[kind.equals("last") ? i % 3 * 2 + i / 3 : i] = numbers.get(i).doubleValue();
        }
        return flat;
    }

    private static void flatten(Object value, List<Number> out) {
        if (value instanceof Number number) {
            out.add(number);
        } else {
            scala.jdk.javaapi.CollectionConverters.asJava((scala.collection.Iterable<?>) value)
                    .forEach(inner -> flatten(inner, out));
        }
    }

    @Test
    void integersAndBooleansAreAcceptedAndNormalizedAsDoubles() {
        Dataset<Row> numbers = spark().range(0, 100, 1, 3)
                .selectExpr(
                        "array(cast(id as byte), cast(id * 2 as byte)) bytes",
                        "array(cast(id as short), cast(id * 2 as short)) shorts",
                        "array(cast(id as int), cast(id * 2 as int)) ints",
                        "array(id, id * 2) longs",
                        "array(cast(id as double), cast(id * 2 as double)) doubles",
                        "array(id % 2 = 0, id > 50) booleans",
                        "array(double(id % 2 = 0), double(id > 50)) zeroOne")
                .selectExpr("*", "transform(bytes, b -> cast(b & 127 as byte)) same");
        numbers = numbers.filter("longs[1] < 128").coalesce(2);
        String digest = Tensors.statistics(numbers, Tensors.column("doubles")).digest();
        for (String name : List.of("bytes", "shorts", "ints", "longs")) {
            assertThat(Tensors.statistics(numbers, Tensors.column(name)).digest())
                    .as(name)
                    .isEqualTo(digest);
            TensorColumn column = TensorColumn.of(numbers.schema(), Tensors.column(name));
            assertThat(column.codec().outputType().simpleString()).isEqualTo("array<double>");
        }
        assertThat(Tensors.statistics(numbers, Tensors.column("booleans")).digest())
                .isEqualTo(
                        Tensors.statistics(numbers, Tensors.column("zeroOne")).digest());
    }
}
