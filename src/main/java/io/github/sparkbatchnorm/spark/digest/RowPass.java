package io.github.sparkbatchnorm.spark.digest;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.shims.RowSource;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** One pass over all columns of a data set that adds up the hashes of its rows on the executors. */
public final class RowPass {
    private RowPass() {}

    /**
     * Runs the pass, at once.
     *
     * @param data any rows
     * @return their sum
     * @throws BatchNormException if a column has a type that has no bytes
     */
    public static RowSum sum(Dataset<Row> data) {
        StructType schema = data.schema();
        new RowHasher(schema); // refuses a type before a job starts
        return new RowSource(data)
                .rows()
                .mapPartitions(
                        rows -> List.of(RowSum.of(rows, new RowHasher(schema))).iterator())
                .fold(RowSum.NONE, RowSum::plus);
    }
}
