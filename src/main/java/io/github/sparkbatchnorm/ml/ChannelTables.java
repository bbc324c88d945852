package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Tables with a row for each channel, with the columns of {@code CALL stats} and of the table of a state. */
final class ChannelTables {
    private static final StructType CHANNEL =
            new StructType().add("channel", DataTypes.IntegerType, false).add("name", DataTypes.StringType);

    private static final StructType STATISTICS = CHANNEL.add("count", DataTypes.LongType, false)
            .add("mean", DataTypes.DoubleType, false)
            .add("variance", DataTypes.DoubleType, false)
            .add("sample_variance", DataTypes.DoubleType, false)
            .add("min", DataTypes.DoubleType, false)
            .add("max", DataTypes.DoubleType, false)
            .add("nan", DataTypes.LongType, false)
            .add("infinite", DataTypes.LongType, false);

    private static final StructType STATE = CHANNEL.add("weight", DataTypes.DoubleType)
            .add("bias", DataTypes.DoubleType)
            .add("running_mean", DataTypes.DoubleType)
            .add("running_var", DataTypes.DoubleType);

    private static final StructType JSON = new StructType().add("state", DataTypes.StringType, false);

    private ChannelTables() {}

    static Dataset<Row> statistics(SparkSession session, ChannelStatistics of, BatchNormState state) {
        List<Row> rows = new ArrayList<>(of.channels());
        for (int c = 0; c < of.channels(); c++) {
            rows.add(RowFactory.create(
                    c,
                    name(state, c),
                    of.count(c),
                    of.mean(c),
                    of.populationVariance(c),
                    of.sampleVariance(c),
                    of.min(c),
                    of.max(c),
                    of.nanCount(c),
                    of.infinityCount(c)));
        }
        return session.createDataFrame(rows, STATISTICS);
    }

    static Dataset<Row> state(SparkSession session, BatchNormState state) {
        double[] weight = state.weight();
        double[] bias = state.bias();
        double[] mean = state.runningMean();
        double[] variance = state.runningVar();
        List<Row> rows = new ArrayList<>(state.numFeatures());
        for (int c = 0; c < state.numFeatures(); c++) {
            rows.add(RowFactory.create(c, name(state, c), at(weight, c), at(bias, c), at(mean, c), at(variance, c)));
        }
        return session.createDataFrame(rows, STATE);
    }

    static Dataset<Row> json(SparkSession session, BatchNormState state) {
        return session.createDataFrame(List.of(RowFactory.create(StateJson.write(state))), JSON);
    }

    private static @Nullable String name(BatchNormState state, int channel) {
        List<String> names = state.provenance().map(Provenance::columns).orElse(null);
        return names == null ? null : names.get(channel);
    }

    private static @Nullable Double at(double @Nullable [] values, int channel) {
        return values == null ? null : Double.valueOf(values[channel]);
    }
}
