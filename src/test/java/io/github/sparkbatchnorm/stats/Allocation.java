package io.github.sparkbatchnorm.stats;

import java.lang.management.ManagementFactory;

/** How much memory this thread has taken. */
final class Allocation {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** All bytes that this thread has allocated so far, also those that are garbage now. */
    static long bytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }
}
