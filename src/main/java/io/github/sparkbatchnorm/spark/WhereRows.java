package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.ColumnPath;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.shims.RowCondition;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** The rows of a data set that match a condition: at least one, and one of each batch. */
record WhereRows(Dataset<Row> data, TensorColumn tensor, String condition) {
    private static final int MAX_NAMES = 5;

    Dataset<Row> rows() {
        return RowCondition.filter(data, condition);
    }

    /**
     * Checks, by queries of its own, that there is a row to compute with.
     *
     * @throws BatchNormException naming what no row matches
     */
    void requireMatches() {
        if (rows().isEmpty() && !data.isEmpty()) {
            throw new BatchNormException(tensor.describe() + ": no row matches where '" + condition
                    + "'; expected one or more: check the condition");
        }
        ColumnPath batch = tensor.batch();
        if (batch == null) {
            return;
        }
        Column key = batch.toColumn();
        List<String> without = data
                .groupBy(key.as("batch"))
                .agg(functions
                        .max(functions.coalesce(functions.expr(condition), functions.lit(false)))
                        .as("any"))
                .where("not any and batch is not null")
                .orderBy("batch")
                .selectExpr("cast(batch as string)")
                .takeAsList(MAX_NAMES + 1)
                .stream()
                .map(row -> row.getString(0))
                .toList();
        if (!without.isEmpty()) {
            String names = without.stream().limit(MAX_NAMES).collect(Collectors.joining(", "));
            throw new BatchNormException(tensor.describe() + ": no row of batch " + names
                    + (without.size() > MAX_NAMES ? " and more" : "") + " matches where '" + condition
                    + "'; expected one or more of each batch: check the condition, or leave these batches out");
        }
    }
}
