package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Tuple2;

class PartitionScanTest {
    private static final ScanSums MOMENTS = new ScanSums(true, false, false);

    private static final StructType SCHEMA = new StructType()
            .add("x", DataTypes.createArrayType(DataTypes.FloatType))
            .add("batch", DataTypes.LongType);

    private static final ColumnReader READER =
            new ColumnReader(TensorColumn.of(SCHEMA, Tensors.columnByBatch("x", "batch")), null, false);

    private static List<InternalRow> interleaved(int batches, int rows) {
        List<InternalRow> result = new ArrayList<>();
        for (int r = 0; r < rows; r++) {
            float[] x = {r, r * r, -r};
            result.add(
                    new GenericInternalRow(new Object[] {UnsafeArrayData.fromPrimitiveArray(x), (long) (r % batches)}));
        }
        return result;
    }

    private static Map<BatchKey, ChannelMoments> merged(List<InternalRow> rows, long memory, Set<Integer> counts) {
        Map<BatchKey, ChannelMoments> merged = new HashMap<>();
        PartitionScan<InternalRow> scan = new PartitionScan<>(rows.iterator(), READER, MOMENTS, 1, memory);
        int partials = 0;
        while (scan.hasNext()) {
            Tuple2<BatchKey, Partial> partial = scan.next();
            ChannelMoments moments = partial._2().moments();
            if (moments != null) {
                merged.merge(partial._1(), moments, ChannelMoments::combine);
            } else {
                assertThat(partial._1()).isEqualTo(BatchKey.NONE);
                assertThat(partial._2().report().values().rows()).isEqualTo(rows.size());
                assertThat(scan.hasNext()).isFalse();
            }
            partials++;
        }
        counts.add(partials);
        return merged;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1000, 100_000})
    void littleMemoryHandsBatchesOnEarlyWithTheSameSums(long memory) {
        Set<Integer> counts = new HashSet<>();
        Map<BatchKey, ChannelMoments> expected = merged(interleaved(50, 1000), Long.MAX_VALUE, counts);
        assertThat(expected).hasSize(50);
        assertThat(merged(interleaved(50, 1000), memory, counts)).isEqualTo(expected);
        assertThat(counts).contains(51);
        if (memory < 100_000) {
            assertThat(counts).anyMatch(partials -> partials > 51);
        }
    }

    @Test
    void emptyPartitionFindsNothing() {
        PartitionScan<InternalRow> scan =
                new PartitionScan<>(List.<InternalRow>of().iterator(), READER, MOMENTS, 1);
        assertThat(scan.hasNext()).isTrue();
        Partial only = scan.next()._2();
        assertThat(only.moments()).isNull();
        assertThat(only.report().values().rows()).isZero();
        assertThat(only.report().values().hasErrors(null)).isFalse();
        assertThat(scan.hasNext()).isFalse();
    }
}
