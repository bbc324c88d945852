package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Statistics as a struct of arrays of length C, with the keys of the JSON of {@code stats}. */
final class StatisticsStruct {
    private static final DataType LONGS = new ArrayType(DataTypes.LongType, false);
    private static final DataType DOUBLES = new ArrayType(DataTypes.DoubleType, false);

    static final StructType TYPE = new StructType()
            .add("num_features", DataTypes.IntegerType, false)
            .add("count", LONGS, false)
            .add("mean", DOUBLES, false)
            .add("variance", DOUBLES, false)
            .add("sample_variance", DOUBLES, false)
            .add("min", DOUBLES, true)
            .add("max", DOUBLES, true)
            .add("nan", LONGS, false)
            .add("infinite", LONGS, false);

    private StatisticsStruct() {}

    /** The struct of statistics; minimum and maximum are null where they are not known. */
    static InternalRow of(ChannelStatistics s) {
        int channels = s.channels();
        return new GenericInternalRow(new Object[] {
            channels,
            longs(channels, s::count),
            doubles(channels, s::mean),
            doubles(channels, s::populationVariance),
            doubles(channels, s::sampleVariance),
            s.hasKnownExtremes() ? doubles(channels, s::min) : null,
            s.hasKnownExtremes() ? doubles(channels, s::max) : null,
            longs(channels, s::nanCount),
            longs(channels, s::infinityCount)
        });
    }

    private static UnsafeArrayData longs(int channels, IntToLongFunction of) {
        long[] values = new long[channels];
        for (int c = 0; c < channels; c++) {
            values[c] = of.applyAsLong(c);
        }
        return UnsafeArrayData.fromPrimitiveArray(values);
    }

    private static UnsafeArrayData doubles(int channels, IntToDoubleFunction of) {
        double[] values = new double[channels];
        for (int c = 0; c < channels; c++) {
            values[c] = of.applyAsDouble(c);
        }
        return UnsafeArrayData.fromPrimitiveArray(values);
    }
}
