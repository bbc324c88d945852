package io.github.sparkbatchnorm.jobs.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Times operations in rounds. A round runs each operation that only reads three times, in turn, of which the median
 * counts, and then each operation that writes once.
 *
 * @param reads operations that only read; each takes a fraction of a second
 * @param writes operations that write
 * @param cleanUp deletes what one operation has written
 */
record BenchRounds(List<Operation> reads, List<Operation> writes, Runnable cleanUp) {
    private static final int READS_A_ROUND = 3;

    /** An operation to time. */
    record Operation(String name, Runnable action) {}

    BenchRounds {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    /**
     * Runs all rounds.
     *
     * @param warmUp rounds that do not count, before the others
     * @param rounds rounds that count, 1 or more
     * @return the timing of each operation, with one number of seconds for each round
     */
    List<BenchTiming> time(int warmUp, int rounds) {
        KeptHeap heap = new KeptHeap();
        try {
            return timeRounds(warmUp, rounds);
        } finally {
            heap.close();
        }
    }

    private List<BenchTiming> timeRounds(int warmUp, int rounds) {
        for (int round = 0; round < warmUp; round++) {
            timeRound();
        }
        List<BenchTiming> timings = timeRound();
        for (int round = 1; round < rounds; round++) {
            List<BenchTiming> next = timeRound();
            for (int i = 0; i < timings.size(); i++) {
                timings.set(i, timings.get(i).then(next.get(i)));
            }
        }
        return timings;
    }

    private List<BenchTiming> timeRound() {
        List<BenchTiming> timings = timeReads();
        for (Operation write : writes) {
            timings.add(watch(write));
            cleanUp.run();
        }
        return timings;
    }

    private List<BenchTiming> timeReads() {
        // The heap is watched in a turn of its own: the collections that this takes are no part of those timed.
        List<Long> heap = new ArrayList<>();
        for (Operation read : reads) {
            heap.add(watch(read).peakHeap());
        }
        List<List<Double>> seconds = new ArrayList<>();
        reads.forEach(read -> seconds.add(new ArrayList<>()));
        for (int turn = 0; turn < READS_A_ROUND; turn++) {
            for (int i = 0; i < reads.size(); i++) {
                seconds.get(i).add(seconds(reads.get(i)));
            }
        }
        List<BenchTiming> timings = new ArrayList<>();
        for (int i = 0; i < reads.size(); i++) {
            timings.add(new BenchTiming(reads.get(i).name(), seconds.get(i), heap.get(i)).ofRound());
        }
        return timings;
    }

    /** Times an operation that begins with a clean heap; collects garbage at the end. */
    private static BenchTiming watch(Operation operation) {
        System.gc();
        try (HeapWatch heap = new HeapWatch()) {
            double seconds = seconds(operation);
            return new BenchTiming(operation.name(), List.of(seconds), heap.peak());
        }
    }

    private static double seconds(Operation operation) {
        long start = System.nanoTime();
        operation.action().run();
        return (System.nanoTime() - start) / 1e9;
    }
}
