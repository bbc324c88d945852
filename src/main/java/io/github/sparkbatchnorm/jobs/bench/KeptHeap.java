package io.github.sparkbatchnorm.jobs.bench;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/**
 * Lets this JVM keep the memory of its heap, until closed: else a garbage collection gives memory back to the system,
 * and getting it again takes longer than many an operation. An executor that works all the time gives none back,
 * either.
 */
final class KeptHeap implements AutoCloseable {
    private static final String OPTION = "MaxHeapFreeRatio";

    private final HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    private final String before = jvm.getVMOption(OPTION).getValue();

    KeptHeap() {
        jvm.setVMOption(OPTION, "100");
    }

    @Override
    public void close() {
        jvm.setVMOption(OPTION, before);
    }
}
