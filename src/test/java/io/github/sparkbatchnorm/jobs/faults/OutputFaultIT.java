package io.github.sparkbatchnorm.jobs.faults;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The disk is full, or nothing may be written to it. */
@Tag("full")
final class OutputFaultIT extends FaultTesting {
    @Override
    Map<String, String> settings() {
        return Map.of();
    }

    @ParameterizedTest(name = "a disk that is {0}, in a {1}")
    @CsvSource({
        "full, task, new-out, No space left on device",
        "full, driver, cannot be written, No space left on device",
        "forbidden, task, Permission denied, new-out",
        "forbidden, driver, --output, Permission denied"
    })
    void theOldStays(String fault, String where, String first, String second) throws Exception {
        Configuration hadoop = spark.sparkContext().hadoopConfiguration();
        hadoop.set(DiskFileSystem.FAULT, fault);
        hadoop.set(DiskFileSystem.WHERE, where);
        try {
            inARow(() -> assertNothingChanged(run(trainOnView(STRUCK, true), null), first, second));
        } finally {
            hadoop.unset(DiskFileSystem.FAULT);
            hadoop.unset(DiskFileSystem.WHERE);
        }
    }
}
