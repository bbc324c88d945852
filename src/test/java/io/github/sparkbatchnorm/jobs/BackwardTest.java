package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.api.java.UDF1;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code backward} from end to end: columns of every kind, batches, modes, what is written. */
final class BackwardTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String[] X = {"double(id * id % 11)", "double(id % 7 - 2)"};
    private static final String[] DY = {"double(id % 5 - 1)", "double(id * 3 % 4)"};

    private static final String STATE =
            """
            {"format":"spark-batchnorm-state","version":1,"num_features":2,"eps":1e-5,"momentum":0.1,"affine":AFFINE,
             "track_running_stats":true,"weight":[2,3],"bias":[1,1],"running_mean":[1,2],"running_var":[4,9],
             "num_batches_tracked":5}
            """;

    @TempDir
    Path directory;

    private CommandRun run(String words) {
        return CommandRun.ofWords(words.replace("DIR", directory.toString())).succeeds();
    }

    private void write(String name, String query) {
        spark().sql(query)
                .repartition(3)
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(directory.resolve(name).toString());
    }

    private List<Row> output(String name, String... columns) {
        Dataset<Row> data =
                spark().read().parquet(directory.resolve(name).toString()).sort("id");
        return data.selectExpr(columns).collectAsList();
    }

    private JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(name).toFile());
    }

    private String arrays() {
        return "SELECT id, id % 3 AS b, array(" + X[0] + ", " + X[1] + ") AS x, array(" + DY[0] + ", " + DY[1]
                + ") AS dy FROM range(30)";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    array(U, V)                                  | array(DU, DV)                          | --column x --grad-column dy                     | dx
                    array(array(U), array(V))                    | array(array(DU), array(DV))            | --column x --grad-column dy                     | array(dx[0][0], dx[1][0])
                    array(array(U), array(V))                    | array(DU, DV)                          | --column x --grad-column dy                     | array(dx[0][0], dx[1][0])
                    array(float(U), float(V))                    | array(DU, DV)                          | --column x --grad-column dy                     | dx
                    array(int(U), int(V))                        | array(float(DU), float(DV))            | --column x --grad-column dy                     | dx
                    struct(U AS u, V AS v)                       | struct(DU AS du, DV AS dv)             | --columns u,v --grad-columns du,dv              | array(dx_u, dx_v)
                    """)
    void everyKindOfColumnGivesTheSameGradients(String x, String dy, String options, String dx) throws IOException {
        write("arrays", arrays());
        run("backward --mode train --input DIR/arrays --column x --grad-column dy --output DIR/expected"
                + " --gradients DIR/expected.json");
        String columns = (x + " AS x, " + dy + " AS dy")
                .replace("DU", DY[0])
                .replace("DV", DY[1])
                .replaceAll("\\bU\\b", X[0])
                .replaceAll("\\bV\\b", X[1]);
        boolean struct = x.startsWith("struct");
        write(
                "in",
                "SELECT id, b, " + (struct ? "x.*, dy.*" : "x, dy") + " FROM (SELECT id, id % 3 AS b, " + columns
                        + " FROM range(30))");
        CommandRun run = run(
                "backward --mode train --input DIR/in " + options + " --output DIR/out --gradients DIR/gradients.json");
        assertThat(run.result("rows")).isEqualTo("30");
        assertThat(run.result("channels")).isEqualTo("2");
        assertThat(run.result("batches")).isEqualTo("1");
        assertThat(run.result("gradients")).isEqualTo(directory + "/gradients.json");
        assertThat(json("gradients.json")).isEqualTo(json("expected.json"));
        boolean single = x.contains("float");
        List<Row> expected = output("expected", single ? "cast(dx AS array<float>) AS dx" : "dx");
        assertThat(output("out", dx + " AS dx")).isEqualTo(expected);
    }

    @Test
    void vectorsAndBinaryHaveGradientsOfTheirOwnKind() throws IOException {
        write("arrays", arrays());
        String expected = run("backward --mode train --input DIR/arrays --column x --grad-column dy --output DIR/e"
                        + " --gradients DIR/e.json")
                .out();
        assertThat(expected).contains("rows: 30");
        Dataset<Row> data = spark().read().parquet(directory + "/arrays");
        data.withColumn("x", org.apache.spark.ml.functions.array_to_vector(data.col("x")))
                .withColumn("dy", org.apache.spark.ml.functions.array_to_vector(data.col("dy")))
                .write()
                .parquet(directory + "/vectors");
        run("backward --mode train --input DIR/vectors --column x --grad-column dy --output DIR/v"
                + " --gradients DIR/v.json");
        assertThat(json("v.json")).isEqualTo(json("e.json"));
        List<double[]> ofVectors = output("v", "dx").stream()
                .map(row -> ((org.apache.spark.ml.linalg.Vector) row.get(0)).toArray())
                .toList();
        List<double[]> ofArrays = output("e", "dx").stream()
                .map(row -> row.<Double>getList(0).stream().mapToDouble(v -> v).toArray())
                .toList();
        assertThat(ofVectors).usingRecursiveComparison().isEqualTo(ofArrays);

        UDF1<scala.collection.Seq<Double>, byte[]> bytes = BackwardTest::bytes;
        spark().udf().register("bytes", bytes, org.apache.spark.sql.types.DataTypes.BinaryType);
        data.selectExpr("id", "bytes(x) AS x", "bytes(dy) AS dy").write().parquet(directory + "/binary");
        run("backward --mode train --input DIR/binary --dtype float64 --column x --grad-column dy --output DIR/b"
                + " --gradients DIR/b.json");
        assertThat(json("b.json")).isEqualTo(json("e.json"));
        List<double[]> ofBinary = output("b", "dx").stream()
                .map(row -> ByteBuffer.wrap(row.<byte[]>getAs(0)).order(ByteOrder.LITTLE_ENDIAN))
                .map(in -> IntStream.range(0, 2)
                        .mapToDouble(i -> in.getDouble(8 * i))
                        .toArray())
                .toList();
        assertThat(ofBinary).usingRecursiveComparison().isEqualTo(ofArrays);
    }

    @Test
    void sparseVectorsAndImagesHaveGradientsToo() throws IOException {
        write(
                "sparse",
                "SELECT id, id % 3 AS b, array(double(id % 5), 0D) AS x, array(" + DY[0]
                        + ", 0D) AS dy FROM range(30)");
        run(
                "backward --mode train --input DIR/sparse --column x --grad-column dy --output DIR/e --gradients DIR/e.json");
        UDF1<scala.collection.Seq<Double>, org.apache.spark.ml.linalg.Vector> sparse =
                v -> org.apache.spark.ml.linalg.Vectors.sparse(2, new int[] {0}, new double[] {v.apply(0)});
        spark().udf().register("sparse", sparse, org.apache.spark.ml.linalg.SQLDataTypes.VectorType());
        spark().read()
                .parquet(directory + "/sparse")
                .selectExpr("id", "sparse(x) AS x", "sparse(dy) AS dy")
                .write()
                .parquet(directory + "/vectors");
        run("backward --mode train --input DIR/vectors --column x --grad-column dy --output DIR/v"
                + " --gradients DIR/v.json");
        assertThat(json("v.json")).isEqualTo(json("e.json"));

        // Two pixels of two channels: [H, W, C] in the image, and in its flat gradients.
        String pixels = "array(id % 5, 3, id % 7, 9)";
        write(
                "image",
                "SELECT id, named_struct('origin', '', 'height', 1, 'width', 2, 'nChannels', 2, 'mode', 0, 'data',"
                        + " unhex(concat_ws('', transform(" + pixels + ", v -> lpad(hex(v), 2, '0'))))) AS image,"
                        + " array(1D, double(id), 2D, double(id % 4)) AS dy FROM range(9)");
        write("flat", "SELECT id, " + pixels + " AS x, array(1D, double(id), 2D, double(id % 4)) AS dy FROM range(9)");
        run("backward --mode train --input DIR/image --column image --grad-column dy --output DIR/i --gradients"
                + " DIR/i.json");
        run("backward --mode train --input DIR/flat --column x --shape 1,2,2 --layout channels-last --grad-column dy"
                + " --output DIR/f --gradients DIR/f.json");
        assertThat(json("i.json")).isEqualTo(json("f.json"));
        assertThat(output("i", "dx")).isEqualTo(output("f", "dx"));
    }

    private static byte[] bytes(scala.collection.Seq<Double> values) {
        ByteBuffer out = ByteBuffer.allocate(8 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.size(); i++) {
            out.putDouble(values.apply(i));
        }
        return out.array();
    }

    @Test
    void eachBatchHasItsOwnGradients() throws IOException {
        write("in", arrays());
        CommandRun run = run("backward --mode train --input DIR/in --column x --grad-column dy --batch-column b"
                + " --output DIR/out --gradients DIR/all.json");
        assertThat(run.result("batches")).isEqualTo("3");
        for (int b = 0; b < 3; b++) {
            write("one", "SELECT * FROM (" + arrays() + ") WHERE b = " + b);
            run("backward --mode train --input DIR/one --column x --grad-column dy --output DIR/single"
                    + " --gradients DIR/one.json --overwrite");
            JsonNode batch = json("all.json").get("batches").get(b);
            assertThat(batch.get("batch").intValue()).isEqualTo(b);
            assertThat(batch.get("weight")).isEqualTo(json("one.json").get("weight"));
            assertThat(batch.get("bias")).isEqualTo(json("one.json").get("bias"));
            int wanted = b;
            assertThat(output("out", "b", "dx").stream()
                            .filter(row -> row.getLong(0) == wanted)
                            .map(row -> row.getList(1)))
                    .isEqualTo(output("single", "dx").stream()
                            .map(row -> row.getList(0))
                            .toList());
        }
    }

    @Test
    void evaluationUsesTheRunningStatisticsOfTheState() throws IOException {
        write("in", arrays());
        Files.writeString(directory.resolve("state.json"), STATE.replace("AFFINE", "true"));
        run("backward --mode eval --state-in DIR/state.json --input DIR/in --column x --grad-column dy"
                + " --batch-column b --output DIR/out --gradients DIR/g.json");
        assertThat(directory.resolve("state.json")).hasContent(STATE.replace("AFFINE", "true"));
        double[] invstd = {1 / Math.sqrt(4 + 1e-5), 1 / Math.sqrt(9 + 1e-5)};
        double[] weight = new double[2];
        double[] bias = new double[2];
        for (Row row : output("out", "x", "dy", "dx", "b")) {
            for (int c = 0; c < 2; c++) {
                double x = row.<Double>getList(0).get(c);
                double dy = row.<Double>getList(1).get(c);
                assertThat(row.<Double>getList(2).get(c)).isEqualTo((2 + c) * invstd[c] * dy, within(1e-15));
                if (row.getLong(3) == 1) {
                    weight[c] += dy * (x - (1 + c)) * invstd[c];
                    bias[c] += dy;
                }
            }
        }
        JsonNode batch = json("g.json").get("batches").get(1);
        for (int c = 0; c < 2; c++) {
            assertThat(batch.get("weight").get(c).doubleValue()).isEqualTo(weight[c], within(1e-12));
            assertThat(batch.get("bias").get(c).doubleValue()).isEqualTo(bias[c]);
        }
        run("backward --mode eval --no-track --state-in DIR/state.json --input DIR/in --column x --grad-column dy"
                + " --output DIR/untracked --gradients DIR/untracked.json");
        run("backward --mode train --state-in DIR/state.json --input DIR/in --column x --grad-column dy"
                + " --output DIR/train --gradients DIR/train.json");
        assertThat(json("untracked.json")).isEqualTo(json("train.json"));
        assertThat(output("untracked", "dx")).isEqualTo(output("train", "dx"));
    }

    @Test
    void aLayerWithoutParametersHasNoGradientsOfThem() throws IOException {
        write("in", arrays());
        run("backward --mode train --no-affine --input DIR/in --column x --grad-column dy --output DIR/out"
                + " --gradients DIR/g.json --output-column gradient");
        assertThat(Files.readString(directory.resolve("g.json"))).isEqualTo("{\"weight\":null,\"bias\":null}\n");
        assertThat(output("out", "gradient")).hasSize(30);
    }

    @Test
    void nullsAreSkippedOrKept() throws IOException {
        write("all", "SELECT * FROM (" + arrays() + ") WHERE id NOT IN (3, 4)");
        run("backward --mode train --input DIR/all --column x --grad-column dy --output DIR/e --gradients DIR/e.json");
        write("nulls", "SELECT id, b, if(id = 3, NULL, x) AS x, if(id = 4, NULL, dy) AS dy FROM (" + arrays() + ")");
        String options = " --input DIR/nulls --column x --grad-column dy";
        run("backward --mode train --handle-invalid skip --output DIR/s --gradients DIR/s.json" + options);
        assertThat(json("s.json")).isEqualTo(json("e.json"));
        assertThat(output("s", "id", "dx")).isEqualTo(output("e", "id", "dx"));
        run("backward --mode train --handle-invalid keep --output DIR/k --gradients DIR/k.json" + options);
        assertThat(json("k.json")).isEqualTo(json("e.json"));
        assertThat(output("k", "dx")).hasSize(30);
        assertThat(output("k", "id", "dx").stream()
                        .filter(row -> row.isNullAt(1))
                        .map(row -> row.getLong(0)))
                .containsExactly(3L, 4L);
        assertThat(output("k", "id", "dx").stream().filter(row -> !row.isNullAt(1)))
                .isEqualTo(output("e", "id", "dx"));
    }

    @Test
    void aNullCellOfChannelColumnsLeavesItsPairOut() throws IOException {
        write(
                "cells",
                "SELECT id, double(id) AS u, if(id = 2, NULL, double(id * id)) AS v, if(id = 5, NULL, float(id)) AS w,"
                        + " 1.0D - id % 2 AS du, double(id % 3) AS dv, double(id % 4) AS dw FROM range(9)");
        run("backward --mode train --handle-invalid keep --input DIR/cells --columns u,v --grad-columns du,w"
                + " --output DIR/out --gradients DIR/g.json");
        write("part", "SELECT id, double(id * id) AS v, float(id) AS w FROM range(9) WHERE id NOT IN (2, 5)");
        run("backward --mode train --input DIR/part --columns v --grad-columns w --output DIR/part-out"
                + " --gradients DIR/part.json");
        assertThat(json("g.json").get("weight").get(1))
                .isEqualTo(json("part.json").get("weight").get(0));
        assertThat(output("out", "id", "dx_v").stream()
                        .filter(row -> row.isNullAt(1))
                        .map(row -> row.getLong(0)))
                .containsExactly(2L, 5L);
        assertThat(output("out", "id", "dx_v").stream().filter(row -> !row.isNullAt(1)))
                .isEqualTo(output("part-out", "id", "dx_v"));
        assertThat(output("out", "dx_u")).noneMatch(row -> row.isNullAt(0));
    }

    @Test
    void noRowsGiveZeros() throws IOException {
        write("none", "SELECT * FROM (" + arrays() + ") WHERE id < 0");
        run("backward --mode train --input DIR/none --shape 2 --column x --grad-column dy --output DIR/out"
                + " --gradients DIR/g.json");
        assertThat(Files.readString(directory.resolve("g.json")))
                .isEqualTo("{\"weight\":[0.0,0.0],\"bias\":[0.0,0.0]}\n");
        assertThat(output("out", "dx")).isEmpty();
    }
}
