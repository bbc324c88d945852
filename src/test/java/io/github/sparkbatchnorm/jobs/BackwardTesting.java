package io.github.sparkbatchnorm.jobs;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;

/** The base of tests of {@code backward}: data with x and dy, and its output. */
abstract class BackwardTesting extends CommandTest {
    private static final long serialVersionUID = 1L;

    static final String[] X = {"double(id * id % 11)", "double(id % 7 - 2)"};
    static final String[] DY = {"double(id % 5 - 1)", "double(id * 3 % 4)"};

    final void writeRows(String name, String query) {
        spark().sql(query)
                .repartition(3)
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(directory.resolve(name).toString());
    }

    final List<Row> output(String name, String... columns) {
        Dataset<Row> data =
                spark().read().parquet(directory.resolve(name).toString()).sort("id");
        return data.selectExpr(columns).collectAsList();
    }

    static String arrays() {
        return "SELECT id, id % 3 AS b, array(" + X[0] + ", " + X[1] + ") AS x, array(" + DY[0] + ", " + DY[1]
                + ") AS dy FROM range(30)";
    }
}
