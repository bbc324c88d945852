package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
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
        return ofBatches(IntStream.range(0, rows).map(r -> r % batches));
    }

    /** A row of each of these batches. */
    private static List<InternalRow> ofBatches(IntStream batches) {
        List<InternalRow> result = new ArrayList<>();
        batches.forEach(batch -> {
            int r = result.size();
            float[] x = {r, r * r, -r};
            result.add(new GenericInternalRow(new Object[] {UnsafeArrayData.fromPrimitiveArray(x), (long) batch}));
        });
        return result;
    }

    private static PartitionScan<InternalRow> scan(List<InternalRow> rows, long memory) {
        return new PartitionScan<>(rows.iterator(), READER, MOMENTS, 1, memory);
    }

    /** The moments of each batch, and how many parts they came in, with the report. */
    private static Map<BatchKey, ChannelMoments> merged(List<InternalRow> rows, long memory, Set<Integer> counts) {
        Map<BatchKey, RowAccumulator> sums = new HashMap<>();
        PartitionScan<InternalRow> scan = scan(rows, memory);
        int parts = 0;
        while (scan.hasNext()) {
            Tuple2<BatchKey, BatchPart> part = scan.next();
            if (part._1().equals(BatchKey.NONE)) {
                assertThat(((Partial) part._2()).report().values().rows()).isEqualTo(rows.size());
                assertThat(scan.hasNext()).isFalse();
            } else {
                part._2()
                        .addTo(sums.computeIfAbsent(part._1(), key -> new RowAccumulator(3, MOMENTS, new Workspace())));
            }
            parts++;
        }
        counts.add(parts);
        Map<BatchKey, ChannelMoments> merged = new HashMap<>();
        sums.forEach((key, of) -> merged.put(key, of.snapshot(ScanReport.NONE).requireMoments()));
        return merged;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1000, 100_000})
    void littleMemoryHandsBatchesOnEarlyWithTheSameSums(long memory) {
        for (int rows : new int[] {150, 10_000}) { // a few of each batch, and many
            Set<Integer> counts = new HashSet<>();
            Map<BatchKey, ChannelMoments> expected = merged(interleaved(50, rows), Long.MAX_VALUE, counts);
            assertThat(expected).hasSize(50);
            assertThat(merged(interleaved(50, rows), memory, counts)).isEqualTo(expected);
            assertThat(counts).contains(51);
            if (memory < 100_000) {
                assertThat(counts).anyMatch(parts -> parts > 51);
            }
        }
    }

    @Test
    void batchesThatComeInTurnAreHandedOnOneByOne() {
        Iterator<InternalRow> rows =
                ofBatches(IntStream.range(0, 9).map(r -> r / 3)).iterator();
        PartitionScan<InternalRow> scan = new PartitionScan<>(rows, READER, MOMENTS, 1, Long.MAX_VALUE);
        assertThat(scan.next()._1()).isEqualTo(BatchKey.of(0));
        assertThat(rows.next().getLong(1)).as("of one row of the next batch").isEqualTo(1);
        assertThat(scan.next()._1()).isEqualTo(BatchKey.of(1));
        assertThat(scan.next()._1()).isEqualTo(BatchKey.of(2));
        assertThat(scan.next()._1()).isEqualTo(BatchKey.NONE);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 5_000, Long.MAX_VALUE})
    void batchesStayOpenFromTheFirstThatComesBackOn(long memory) {
        // Two rows of each of 10 batches, many times; or single rows, of which none ends its batch.
        for (int run : new int[] {2, 1}) {
            for (int rows : new int[] {100, 4_000}) {
                Set<Integer> counts = new HashSet<>();
                List<InternalRow> inRuns = ofBatches(IntStream.range(0, rows).map(r -> r / run % 10));
                Map<BatchKey, ChannelMoments> found = merged(inRuns, memory, counts);
                assertThat(found).hasSize(10);
                RowAccumulator all = new RowAccumulator(3, MOMENTS, new Workspace());
                found.values().forEach(moments -> all.add(moments, null));
                ChannelMoments whole = merged(
                                ofBatches(IntStream.generate(() -> 0).limit(rows)), memory, new HashSet<>())
                        .get(BatchKey.of(0));
                assertThat(all.snapshot(ScanReport.NONE).requireMoments()).isEqualTo(whole);
                if (memory == Long.MAX_VALUE) {
                    assertThat(counts).containsExactly(run == 2 ? 21 : 11);
                }
            }
        }
    }

    @Test
    void fewRowsOfABatchAreHandedOnAsTheyAre() {
        PartitionScan<InternalRow> few = scan(interleaved(2, 5), Long.MAX_VALUE);
        for (int batch = 0; batch < 2; batch++) {
            Tuple2<BatchKey, BatchPart> part = few.next();
            FewRows rows = (FewRows) part._2();
            assertThat(rows.channels()).isEqualTo(3);
            assertThat((float[]) rows.values())
                    .isEqualTo(
                            part._1().equals(BatchKey.of(0))
                                    ? new float[] {0, 0, 0, 2, 4, -2, 4, 16, -4}
                                    : new float[] {1, 1, -1, 3, 9, -3});
        }
        assertThat(few.next()._2()).isInstanceOf(Partial.class); // the report
        assertThat(scan(interleaved(1, 50), Long.MAX_VALUE).next()._2()).isInstanceOf(FewRows.class);
        assertThat(scan(interleaved(1, 51), Long.MAX_VALUE).next()._2()).isInstanceOf(Partial.class);
    }

    @Test
    void emptyPartitionFindsNothing() {
        PartitionScan<InternalRow> scan =
                new PartitionScan<>(List.<InternalRow>of().iterator(), READER, MOMENTS, 1);
        assertThat(scan.hasNext()).isTrue();
        Partial only = (Partial) scan.next()._2();
        assertThat(only.moments()).isNull();
        assertThat(only.report().values().rows()).isZero();
        assertThat(only.report().values().hasErrors(null)).isFalse();
        assertThat(scan.hasNext()).isFalse();
    }
}
