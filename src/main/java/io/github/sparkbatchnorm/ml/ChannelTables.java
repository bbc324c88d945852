package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.sql.state.ChannelRows;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Tables with a row for each channel, with the columns of {@code CALL stats} and of the table of a state; and texts.
 */
final class ChannelTables {
    private static final StructType STATISTICS = ChannelRows.withStatistics(
            new StructType().add("channel", DataTypes.IntegerType, false).add("name", DataTypes.StringType));

    private ChannelTables() {}

    static Dataset<Row> statistics(SparkSession session, ChannelStatistics of, BatchNormState state) {
        List<Row> rows = new ArrayList<>(of.channels());
        for (int c = 0; c < of.channels(); c++) {
            rows.add(RowFactory.create(ChannelRows.of(of, c, c, ChannelRows.name(state, c))));
        }
        return session.createDataFrame(rows, STATISTICS);
    }

    static Dataset<Row> state(SparkSession session, BatchNormState state) {
        List<Row> rows = ChannelRows.of(state).stream().map(RowFactory::create).toList();
        return session.createDataFrame(rows, ChannelRows.STATE);
    }

    /** One row of one column. */
    static Dataset<Row> text(SparkSession session, String column, String text) {
        StructType schema = new StructType().add(column, DataTypes.StringType, false);
        return session.createDataFrame(List.of(RowFactory.create(text)), schema);
    }
}
