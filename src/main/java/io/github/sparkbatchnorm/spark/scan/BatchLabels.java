package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Labels of batches: their keys as people see them. */
final class BatchLabels {
    private BatchLabels() {}

    /**
     * Labels keys: integers by a {@link Long}, everything else by the string that Spark casts it to.
     *
     * @param type of the batch column; the null type without one
     * @param session asked for only where keys are dates or timestamps
     * @return a label for each key; null without a batch column
     */
    static List<@Nullable Object> of(List<BatchKey> keys, DataType type, Supplier<SparkSession> session) {
        List<@Nullable Object> labels = new ArrayList<>();
        if (type.equals(DataTypes.NullType)) {
            keys.forEach(key -> labels.add(null));
        } else if (BatchKey.isInteger(type)) {
            keys.forEach(key -> labels.add(key.number()));
        } else if (type instanceof StringType) {
            keys.forEach(key -> labels.add(key.text()));
        } else {
            labels.addAll(cast(keys, type, session.get()));
        }
        return labels;
    }

    private static List<String> cast(List<BatchKey> keys, DataType type, SparkSession session) {
        StructField field = DataTypes.createStructField("key", type, false);
        List<Row> rows = keys.stream()
                .map(key -> RowFactory.create(value(key.number(), type)))
                .toList();
        // A local relation: the cast runs in the driver, without a job.
        return session
                .createDataFrame(rows, new StructType(new StructField[] {field}))
                .select(functions.col("key").cast("string"))
                .collectAsList()
                .stream()
                .map(row -> row.getString(0))
                .toList();
    }

    private static Object value(long number, DataType type) {
        if (type.equals(DataTypes.DateType)) {
            return LocalDate.ofEpochDay(number);
        }
        Instant instant = Instant.EPOCH.plus(number, ChronoUnit.MICROS);
        return type.equals(DataTypes.TimestampType) ? instant : LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
}
