package io.github.sparkbatchnorm.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program of a user of SQL: runs the statements of a file, which blank lines part, and shows their results, each
 * after a line {@code >>>}. It knows no class of the library.
 */
public final class SqlScript {
    private static final int ROWS = 50;

    private SqlScript() {}

    public static void main(String[] args) throws IOException {
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            for (String statement : Files.readString(Path.of(args[0])).split("\n\n+", -1)) {
                System.out.println(">>>");
                run(spark, statement.strip().replaceFirst(";$", ""));
            }
        }
    }

    private static void run(SparkSession spark, String statement) {
        try {
            Dataset<Row> result = spark.sql(statement);
            if (result.columns().length > 0) {
                result.show(ROWS, false);
            }
        } catch (Exception e) {
            System.out.println("error: " + e);
        }
    }
}
