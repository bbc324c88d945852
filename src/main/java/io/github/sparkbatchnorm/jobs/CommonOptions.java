package io.github.sparkbatchnorm.jobs;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command has. */
final class CommonOptions {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    @Option(
            order = 81,
            names = "--expect-digest",
            paramLabel = "DIGEST",
            description = "Fail, and write nothing, if the statistics have another digest than this sha256:...")
    @Nullable
    String expectedDigest;

    @Option(order = 82, names = "--overwrite", description = "Replace outputs and files that exist.")
    boolean overwrite;

    @Option(order = 83, names = "--verbose", description = "Show the stack trace of an error.")
    boolean verbose;

    @Option(
            order = 84,
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    void check() {
        if (expectedDigest != null && !DIGEST.matcher(expectedDigest).matches()) {
            throw new UsageException("--expect-digest is '" + expectedDigest
                    + "'; expected sha256: and 64 lower-case hexadecimal digits, as stats prints it");
        }
    }
}
