package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.MergeContract;
import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.RowReport;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Rows that hold a value, have a defect, or a size of their own. */
class PartialMergeTest extends MergeContract<Integer, Partial> {
    private static final TensorColumn COLUMNS = TensorColumn.of(
            new StructType().add("a", DataTypes.DoubleType).add("b", DataTypes.DoubleType),
            TensorOptions.channelColumns(List.of("a", "b")));

    /** Null in one column, in both or in none. */
    private static RowSample sample(int value) {
        RowSample sample = new RowSample();
        Object[] cells = {value % 2 == 0 ? null : 1d, value % 3 == 0 ? null : 1d};
        COLUMNS.codec().read(new GenericInternalRow(cells), 0, sample);
        return sample;
    }

    @Override
    protected Integer value(Random random) {
        return random.nextInt(1000);
    }

    @Override
    protected Partial of(List<Integer> values) {
        RowReport.Accumulator findings = new RowReport.Accumulator();
        RowReport.Accumulator gradientFindings = new RowReport.Accumulator();
        ChannelMoments.Accumulator moments = null;
        GradientSums.Accumulator gradients = null;
        for (int value : values) {
            String example = value % 5 == 0 ? null : "id=" + value;
            if (value % 7 == 0) {
                RowDefect[] kinds = RowDefect.values();
                findings.add(kinds[value % kinds.length], sample(value), example);
            } else if (value % 13 == 0) {
                gradientFindings.addDefect(RowDefect.OTHER_SHAPE, example);
            } else if (value % 11 == 0) {
                findings.addSize(SampleSize.length(value % 3), 1, example);
            } else {
                moments = moments == null ? new ChannelMoments.Accumulator(2) : moments;
                moments.add(new float[] {value, 1f / value}, SampleShape.channelsFirst(2));
                gradients = gradients == null ? new GradientSums.Accumulator(2, false) : gradients;
                gradients.add(
                        new float[] {value, 1f / value}, new float[] {-value, value}, SampleShape.channelsFirst(2));
                findings.addRows(1);
            }
        }
        return new Partial(
                moments == null ? null : moments.snapshot(),
                gradients == null ? null : gradients.snapshot(),
                new ScanReport(findings.snapshot(), gradientFindings.snapshot()));
    }

    @Override
    protected Partial combine(Partial a, Partial b) {
        return a.combine(b);
    }

    @Override
    protected Object bits(Partial merged) {
        ChannelMoments moments = merged.moments();
        return Arrays.asList(
                moments == null ? null : Arrays.toString(moments.toBytes()),
                merged.gradients(),
                merged.report().gradients().describe(COLUMNS, null),
                merged.report().values().rows(),
                merged.report().values().sizes(),
                merged.report().values().describe(COLUMNS, null));
    }
}
