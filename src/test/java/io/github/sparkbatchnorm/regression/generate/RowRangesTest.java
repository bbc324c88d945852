package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RowRangesTest {
    @ParameterizedTest
    @CsvSource({
        "1000000000000, 10000, 1",
        "1000000000000, 10000, 50",
        "36028797018963968, 100000, 1000",
        "1000, 7, 2.5",
        "1000, 1, 9",
        "3, 10, 1",
        "3, 10, 8",
        "1, 2147483647, 1"
    })
    void partitionsCoverAllRowsAndTheFirstIsSkewTimesAsLarge(long rows, int partitions, double skew) {
        RowRanges ranges = new RowRanges(rows, partitions, skew);
        assertThat(ranges.from(0)).isZero();
        assertThat(ranges.from(partitions)).isEqualTo(rows);
        long first = ranges.from(1);
        assertThat(first).isEqualTo((long) (rows * (skew / (skew + partitions - 1))));
        if (partitions > 1) {
            long each = (rows - first) / (partitions - 1);
            for (long p : new long[] {1, (partitions + 1L) / 2, partitions - 1L}) {
                assertThat(ranges.from(p + 1) - ranges.from(p))
                        .describedAs("partition %d", p)
                        .isBetween(each, each + 1);
            }
            assertThat((double) first).isBetween(skew * each - skew - 1, skew * (each + 1) + 1);
        }
    }

    @Test
    void sizesWithoutSkewDifferByAtMostOne() {
        for (int partitions = 1; partitions < 40; partitions++) {
            RowRanges ranges = new RowRanges(100, partitions, 1);
            for (int p = 0; p < partitions; p++) {
                assertThat(ranges.from(p + 1L) - ranges.from(p))
                        .describedAs("partition %d of %d", p, partitions)
                        .isBetween(100L / partitions, 100L / partitions + 1);
            }
        }
    }
}
