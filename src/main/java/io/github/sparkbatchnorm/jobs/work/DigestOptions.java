package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option for the expected digest of the statistics. */
public final class DigestOptions {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    @Option(
            order = 81,
            names = "--expect-digest",
            paramLabel = "DIGEST",
            description = "Fail, and write nothing, if the statistics have another digest than this sha256:...")
    @Nullable
    public String expected;

    /** @throws UsageException if the option is no digest */
    void check() {
        if (expected != null && !DIGEST.matcher(expected).matches()) {
            throw new UsageException("--expect-digest is '" + expected
                    + "'; expected sha256: and 64 lower-case hexadecimal digits, as stats prints it");
        }
    }
}
