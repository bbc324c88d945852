package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Aggregates of a stream, whose states lie in its checkpoint, have the bits of a query over all rows. */
class StreamSqlTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String AGGREGATE =
            "SELECT g, bn.moments_agg(x, 'ignore') m, bn.describe_agg(x, 'ignore') s FROM ";

    @TempDir
    transient Path folder;

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private void write(int from, int to) {
        spark().range(from, to, 1, 2)
                .selectExpr("id % 3 g", "array(1e8 + sin(id), if(id = 7, double('NaN'), id / 3)) x")
                .write()
                .mode("append")
                .parquet(path("in"));
    }

    private List<String> streamed() throws Exception {
        spark().readStream()
                .schema("g LONG, x ARRAY<DOUBLE>")
                .parquet(path("in"))
                .createOrReplaceTempView("arriving");
        List<String> found = new ArrayList<>();
        spark().sql(AGGREGATE + "arriving GROUP BY g")
                .writeStream()
                .outputMode("complete")
                .foreachBatch((VoidFunction2<Dataset<Row>, Long>) (rows, id) -> {
                    found.clear();
                    found.addAll(sorted(rows));
                })
                .option("checkpointLocation", path("checkpoint"))
                .trigger(Trigger.AvailableNow())
                .start()
                .awaitTermination();
        return found;
    }

    private static List<String> sorted(Dataset<Row> rows) {
        return rows.selectExpr("g", "hex(m) m", "to_json(s) s")
                .orderBy("g")
                .toJSON()
                .collectAsList();
    }

    @Test
    @Tag("full")
    void aStreamThatGoesOnHasTheBitsOfAllItsRows() throws Exception {
        write(0, 100);
        streamed();
        write(100, 250);
        List<String> found = streamed();
        spark().read().parquet(path("in")).createOrReplaceTempView("all_rows");
        assertThat(found).hasSize(3).isEqualTo(sorted(spark().sql(AGGREGATE + "all_rows GROUP BY g")));
    }
}
