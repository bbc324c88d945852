package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** {@code backward} from end to end: batches, modes, nulls, what is written. */
final class BackwardTest extends BackwardTesting {
    private static final long serialVersionUID = 1L;

    private static final String STATE =
            """
            {"format":"spark-batchnorm-state","version":1,"num_features":2,"eps":1e-5,"momentum":0.1,"affine":AFFINE,
             "track_running_stats":true,"weight":[2,3],"bias":[1,1],"running_mean":[1,2],"running_var":[4,9],
             "num_batches_tracked":5}
            """;

    @Test
    void eachBatchHasItsOwnGradients() throws IOException {
        writeRows("in", arrays());
        CommandRun run = run("backward --mode train --input DIR/in --column x --grad-column dy --batch-column b"
                + " --output DIR/out --gradients DIR/all.json");
        assertThat(run.result("batches")).isEqualTo("3");
        for (int b = 0; b < 3; b++) {
            writeRows("one", "SELECT * FROM (" + arrays() + ") WHERE b = " + b);
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
        writeRows("in", arrays());
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
        writeRows("in", arrays());
        run("backward --mode train --no-affine --input DIR/in --column x --grad-column dy --output DIR/out"
                + " --gradients DIR/g.json --output-column gradient");
        assertThat(Files.readString(directory.resolve("g.json"))).isEqualTo("{\"weight\":null,\"bias\":null}\n");
        assertThat(output("out", "gradient")).hasSize(30);
    }

    @Test
    void nullsAreSkippedOrKept() throws IOException {
        writeRows("all", "SELECT * FROM (" + arrays() + ") WHERE id NOT IN (3, 4)");
        run("backward --mode train --input DIR/all --column x --grad-column dy --output DIR/e --gradients DIR/e.json");
        writeRows(
                "nulls", "SELECT id, b, if(id = 3, NULL, x) AS x, if(id = 4, NULL, dy) AS dy FROM (" + arrays() + ")");
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
        writeRows(
                "cells",
                "SELECT id, double(id) AS u, if(id = 2, NULL, double(id * id)) AS v, if(id = 5, NULL, float(id)) AS w,"
                        + " 1.0D - id % 2 AS du, double(id % 3) AS dv, double(id % 4) AS dw FROM range(9)");
        run("backward --mode train --handle-invalid keep --input DIR/cells --columns u,v --grad-columns du,w"
                + " --output DIR/out --gradients DIR/g.json");
        writeRows("part", "SELECT id, double(id * id) AS v, float(id) AS w FROM range(9) WHERE id NOT IN (2, 5)");
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
        writeRows("none", "SELECT * FROM (" + arrays() + ") WHERE id < 0");
        run("backward --mode train --input DIR/none --shape 2 --column x --grad-column dy --output DIR/out"
                + " --gradients DIR/g.json");
        assertThat(Files.readString(directory.resolve("g.json")))
                .isEqualTo("{\"weight\":[0.0,0.0],\"bias\":[0.0,0.0]}\n");
        assertThat(output("out", "dx")).isEmpty();
    }
}
