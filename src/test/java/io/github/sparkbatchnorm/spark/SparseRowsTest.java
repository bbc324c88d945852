package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;

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
                        + " about 144 MB are read, 80 TB will be written, before compression");
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

    private @Nullable String first(Dataset<Row> data, int channels) {
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.column("a.b"));
        return SparseRows.firstBecomingDense(data, tensor, channels);
    }

    @Test
    void aFirstRowTellsWhereNothingIsCounted() {
        Vector sparse = Vectors.sparse(1_000_000, new int[] {3, 5}, new double[] {1, 2});
        assertThat(first(vectors(null, sparse), 1_000_000))
                .isEqualTo("column `a.b`: a first row names 2 of 1,000,000 values, and sparse rows become dense: 8.0 MB"
                        + " will be written for each, before compression");
        assertThat(first(vectors(sparse), 99_999)).isNull();
        assertThat(first(vectors(Vectors.dense(new double[100_000])), 100_000)).isNull();
        assertThat(first(vectors(), 100_000)).isNull();
    }
}
