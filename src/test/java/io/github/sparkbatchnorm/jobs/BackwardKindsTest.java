package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code backward} on columns of every kind. */
@Tag("full")
final class BackwardKindsTest extends BackwardTesting {
    private static final long serialVersionUID = 1L;

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
        writeRows("arrays", arrays());
        run("backward --mode train --input DIR/arrays --column x --grad-column dy --output DIR/expected"
                + " --gradients DIR/expected.json");
        String columns = (x + " AS x, " + dy + " AS dy")
                .replace("DU", DY[0])
                .replace("DV", DY[1])
                .replaceAll("\\bU\\b", X[0])
                .replaceAll("\\bV\\b", X[1]);
        boolean struct = x.startsWith("struct");
        writeRows(
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
        writeRows("arrays", arrays());
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

        UDF1<scala.collection.Seq<Double>, byte[]> bytes = BackwardKindsTest::bytes;
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
        writeRows(
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
        writeRows(
                "image",
                "SELECT id, named_struct('origin', '', 'height', 1, 'width', 2, 'nChannels', 2, 'mode', 0, 'data',"
                        + " unhex(concat_ws('', transform(" + pixels + ", v -> lpad(hex(v), 2, '0'))))) AS image,"
                        + " array(1D, double(id), 2D, double(id % 4)) AS dy FROM range(9)");
        writeRows(
                "flat",
                "SELECT id, " + pixels + " AS x, array(1D, double(id), 2D, double(id % 4)) AS dy FROM range(9)");
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
}
