package io.github.sparkbatchnorm.spark.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SparseRowsTest extends SharedSpark {
    @Test
    void bothSizesAreSaidWhereTheDenseOneIsLarge() {
        assertThat(new SparseRows(1_000_000, 12_000_000, 10_000_000_000_000L).becomingDense("column features"))
                .isEqualTo("column features: 12,000,000 named values in 1,000,000 rows of 10,000,000 become dense:"
                        + " about 137 MiB are read, 73 TiB will be written, before compression");
    }

    @Test
    void nothingIsSaidOfSmallOutputsAndOfThoseThatAreLittleLarger() {
        assertThat(SparseRows.NONE.becomingDense("x")).isNull();
        assertThat(new SparseRows(1000, 1, 1_000_000).becomingDense("x")).isNull();
        assertThat(new SparseRows(1000, 200_000_000, 1_000_000_000).becomingDense("x"))
                .isNull();
    }

    private Dataset<Row> vectors(@Nullable Vector... vectors) {
        List<Row> rows = Arrays.stream(vectors).map(RowFactory::create).toList();
        return spark().createDataFrame(rows, new StructType().add("a.b", SQLDataTypes.VectorType()));
    }

    private @Nullable String uncounted(Dataset<Row> data, int channels) {
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.column("a.b"));
        return SparseRows.becomingDense(data, tensor, channels);
    }

    @Test
    void aFirstRowTellsWhereNothingIsCounted() {
        int channels = 1 << 27;
        Vector sparse = Vectors.sparse(channels, new int[] {3, 5}, new double[] {1, 2});
        assertThat(uncounted(vectors(null, sparse, sparse), channels))
                .isEqualTo("column `a.b`: 2 rows of 134,217,728 become dense; if all are like the first, with 2 named"
                        + " values, about 48 bytes are read, 2.0 GiB will be written, before compression");
        assertThat(uncounted(vectors(sparse), 999)).isNull();
        assertThat(uncounted(vectors(Vectors.dense(new double[1000])), 1000)).isNull();
        assertThat(uncounted(vectors(Vectors.sparse(1000, new int[] {1}, new double[] {1})), 1000))
                .isNull();
        assertThat(uncounted(vectors(), 1000)).isNull();
    }
}
