package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

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
    void evaluationSaysWhatAFirstRowWillBecome() {
        String in = vectors(100_000);
        String state = directory.resolve("state.json").toString();
        CommandRun.of("fit", "--input", in, "--column", "v", "--state-out", state)
                .succeeds();
        String out = directory.resolve("out").toString();
        CommandRun run = CommandRun.of(
                "normalize", "--mode", "eval", "--input", in, "--column", "v", "--state-in", state, "--output", out);
        assertThat(run.exit()).isZero();
        assertThat(run.err().lines())
                .singleElement()
                .asString()
                .matches(
                        "warning: column v: a first row names [12] of"
                                + " 100,000 values, and sparse rows become dense: 800 kB will be written for each, before compression");
        assertThat(spark().read().parquet(out).count()).isEqualTo(2);
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
