package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sparse input becomes dense output: said before it is written where that is large, and only there. */
final class SparseOutputTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @TempDir
    static Path directory;

    private String vectors(int channels) {
        List<Row> rows = List.of(
                RowFactory.create(Vectors.sparse(channels, new int[] {1}, new double[] {2})),
                RowFactory.create(Vectors.sparse(channels, new int[] {1, 3}, new double[] {4, 1})));
        String path = directory.resolve("in" + channels).toString();
        spark().createDataFrame(rows, new StructType().add("v", SQLDataTypes.VectorType()))
                .write()
                .mode("overwrite")
                .parquet(path);
        return path;
    }

    @Test
    void nothingIsSaidOfSmallOutputs() {
        CommandRun.of(
                        "normalize",
                        "--mode",
                        "train",
                        "--input",
                        vectors(1000),
                        "--column",
                        "v",
                        "--output",
                        directory.resolve("small").toString())
                .succeeds();
    }
}
