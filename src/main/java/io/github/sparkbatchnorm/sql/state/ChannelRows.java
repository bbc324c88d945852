package io.github.sparkbatchnorm.sql.state;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The columns and the values of tables with a row for each channel, in SQL and in Spark ML. */
public final class ChannelRows {
    /** The columns of a state. */
    public static final StructType STATE = new StructType()
            .add("channel", DataTypes.IntegerType, false)
            .add("name", DataTypes.StringType)
            .add("weight", DataTypes.DoubleType)
            .add("bias", DataTypes.DoubleType)
            .add("running_mean", DataTypes.DoubleType)
            .add("running_var", DataTypes.DoubleType);

    private ChannelRows() {}

    /**
     * {@return the rows of a state, with the names of its columns if it has any}
     *
     * @param state of any number of channels
     */
    public static List<@Nullable Object[]> of(BatchNormState state) {
        double[] weight = state.weight();
        double[] bias = state.bias();
        double[] mean = state.runningMean();
        double[] variance = state.runningVar();
        List<@Nullable Object[]> rows = new ArrayList<>(state.numFeatures());
        for (int c = 0; c < state.numFeatures(); c++) {
            rows.add(new @Nullable Object[] {c, name(state, c), at(weight, c), at(bias, c), at(mean, c), at(variance, c)
            });
        }
        return rows;
    }

    private static @Nullable Object at(double @Nullable [] values, int channel) {
        return values == null ? null : values[channel];
    }

    /**
     * {@return the name of the column that a state has for a channel; null if its channels have none}
     *
     * @param state of C channels
     * @param channel {@code 0 <= channel < C}
     */
    public static @Nullable String name(BatchNormState state, int channel) {
        List<String> names = state.provenance().map(Provenance::columns).orElse(null);
        return names == null ? null : names.get(channel);
    }

    /**
     * {@return the columns of statistics, after others}
     *
     * @param first the others
     */
    public static StructType withStatistics(StructType first) {
        return first.add("count", DataTypes.LongType, false)
                .add("mean", DataTypes.DoubleType, false)
                .add("variance", DataTypes.DoubleType, false)
                .add("sample_variance", DataTypes.DoubleType, false)
                .add("min", DataTypes.DoubleType, false)
                .add("max", DataTypes.DoubleType, false)
                .add("nan", DataTypes.LongType, false)
                .add("infinite", DataTypes.LongType, false);
    }

    /**
     * {@return the row of a channel's statistics, after other values}
     *
     * @param statistics of C channels
     * @param c the channel, {@code 0 <= c < C}
     * @param first the other values
     */
    public static @Nullable Object[] of(ChannelStatistics statistics, int c, @Nullable Object... first) {
        List<@Nullable Object> row = new ArrayList<>(Arrays.asList(first));
        row.add(statistics.count(c));
        row.add(statistics.mean(c));
        row.add(statistics.populationVariance(c));
        row.add(statistics.sampleVariance(c));
        row.add(statistics.min(c));
        row.add(statistics.max(c));
        row.add(statistics.nanCount(c));
        row.add(statistics.infinityCount(c));
        return row.toArray();
    }
}
