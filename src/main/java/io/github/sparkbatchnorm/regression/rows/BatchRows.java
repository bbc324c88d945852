package io.github.sparkbatchnorm.regression.rows;

import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;

/** Rows with the keys of their batches as text. */
public final class BatchRows {
    /** The column of the key; empty text without a batch column. */
    public static final String KEY = "regression_batch_key";

    private BatchRows() {}

    /**
     * {@return where a number is, in words}
     *
     * @param batch the key of its batch
     * @param channel its channel
     */
    public static String place(String batch, int channel) {
        return (batch.isEmpty() ? "" : "batch " + batch + ", ") + "channel " + channel;
    }

    static Column key() {
        return functions.col(KEY);
    }

    /**
     * {@return rows with their keys}
     *
     * @param rows any
     * @param batchColumn the column of batches; null for one batch
     * @param batches the keys to keep; null for all
     */
    public static Dataset<Row> of(Dataset<Row> rows, @Nullable String batchColumn, @Nullable Set<String> batches) {
        Column key = batchColumn == null
                ? functions.lit("")
                : functions.col(batchColumn).cast("string");
        Dataset<Row> keyed = rows.withColumn(KEY, key);
        return batches == null ? keyed : keyed.where(key().isin(batches.toArray()));
    }
}
