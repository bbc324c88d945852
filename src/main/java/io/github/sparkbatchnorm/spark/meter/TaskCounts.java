package io.github.sparkbatchnorm.spark.meter;

/**
 * What the tasks of some jobs did. Every attempt of a task counts, also one that failed or was too late. Immutable.
 *
 * @param cpuSeconds of all tasks, on their executors
 */
public record TaskCounts(double cpuSeconds, Bytes bytes, Tasks tasks, Executors executors) {
    /**
     * Bytes of all tasks.
     *
     * @param read from the input
     * @param shuffled between stages, as written
     * @param spilled to disk
     * @param written to the output
     * @param results sent to the driver
     */
    public record Bytes(long read, long shuffled, long spilled, long written, long results) {}

    /**
     * Attempts of tasks. Those that were launched and neither succeeded nor failed nor were killed still ran.
     *
     * @param failed for whatever reason, the loss of their executor and of shuffle files among them
     * @param killed because another attempt was faster, or their stage had ended
     * @param retried launched for work that had been launched before in the same stage; no speculative copies
     * @param speculative launched as copies of slow tasks
     */
    public record Tasks(long launched, long succeeded, long failed, long killed, long retried, long speculative) {}

    /**
     * Executors.
     *
     * @param used by these tasks
     * @param lost meanwhile by the application, whoever used them
     * @param released meanwhile: ended by the driver, as dynamic allocation ends idle ones
     */
    public record Executors(int used, int lost, int released) {}
}
