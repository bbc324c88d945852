package io.github.sparkbatchnorm.jobs.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Seconds of one operation in each round, and the memory that it held.
 *
 * @param seconds in the order of the rounds
 * @param peakHeap the most bytes of the driver's heap in use after a garbage collection, in any round; with
 *     {@code local} masters that is all of Spark
 */
record BenchTiming(String operation, List<Double> seconds, long peakHeap) {
    BenchTiming {
        seconds = List.copyOf(seconds);
    }

    /** These rounds, and those of another after them. */
    BenchTiming then(BenchTiming later) {
        return new BenchTiming(
                operation,
                Stream.concat(seconds.stream(), later.seconds.stream()).toList(),
                Math.max(peakHeap, later.peakHeap));
    }

    /** The median as one round. */
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

    /** The median of the rounds' ratios of this operation to the sum of others: what all of them share cancels. */
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
