package io.github.sparkbatchnorm.jobs.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The times of one operation and the memory that it used.
 *
 * @param operation the name of the operation
 * @param seconds the seconds in each round
 * @param peakHeap the largest number of bytes of the driver's heap in use after a garbage collection in any round; with
 *     {@code local} masters the executor's memory is part of it
 */
record BenchTiming(String operation, List<Double> seconds, long peakHeap) {
    BenchTiming {
        seconds = List.copyOf(seconds);
    }

    /** These rounds followed by those of another timing. */
    BenchTiming then(BenchTiming later) {
        return new BenchTiming(
                operation,
                Stream.concat(seconds.stream(), later.seconds.stream()).toList(),
                Math.max(peakHeap, later.peakHeap));
    }

    /** This timing as one round, with the median of the seconds. */
    BenchTiming ofRound() {
        return new BenchTiming(operation, List.of(median()), peakHeap);
    }

    double median() {
        return median(seconds.stream().mapToDouble(Double::doubleValue).toArray());
    }

    double fastest() {
        return seconds.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
    }

    double slowest() {
        return seconds.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
    }

    /** The median over the rounds of the ratio of this operation to the sum of others. */
    double ratioTo(BenchTiming... others) {
        double[] ratios = new double[seconds.size()];
        for (int round = 0; round < ratios.length; round++) {
            double sum = 0;
            for (BenchTiming other : others) {
                sum += other.seconds.get(round);
            }
            ratios[round] = seconds.get(round) / sum;
        }
        return median(ratios);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
