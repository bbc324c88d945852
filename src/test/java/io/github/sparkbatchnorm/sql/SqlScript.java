package io.github.sparkbatchnorm.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program of a user of SQL: adds the jars that it is told of to its session, runs the statements of a file, which
 * blank lines part, and shows their results, each after a line {@code >>>}. It knows no class of the library, and runs
 * in Spark's driver as in a client of Spark Connect.
 */
public final class SqlScript {
    private static final int ROWS = 50;

    private SqlScript() {}

    /** Runs the file that the first argument names; the others are the jars. */
    public static void main(String[] args) throws IOException {
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            for (int i = 1; i < args.length; i++) {
                spark.addArtifact(args[i]);
            }
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
