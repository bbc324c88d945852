package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import picocli.CommandLine.Option;

/** The option that turns off the guard: the comparison of the rows of two passes over the data. */
public final class GuardOption {
    private static final String WAY_OUT = ", or give --no-guard";

    @Option(
            order = 46,
            names = "--no-guard",
            description =
                    "Do not check that the pass that writes meets the rows that the statistics are of. Data that is"
                            + " known to change from pass to pass is refused without this.")
    public boolean off;

    /**
     * The input with a guard, unless it is off.
     *
     * @throws BatchNormException if the data is known to change
     */
    TensorInput of(TensorInput input) {
        if (off) {
            return input;
        }
        try {
            return input.withGuard();
        } catch (BatchNormException e) {
            throw new BatchNormException(e.getMessage() + WAY_OUT, e);
        }
    }

    /** @throws UsageException if the option is given where the data is read once */
    void requireUnused() {
        if (off) {
            throw new UsageException(
                    "--no-guard is for two passes over the data, and --mode eval with running statistics"
                            + " takes one; leave it away");
        }
    }

    /** @throws BatchNormException if the rows that were written are not those of the first pass */
    void compare(BroadcastDataset written) {
        try {
            written.requireSameRows();
        } catch (BatchNormException e) {
            throw new BatchNormException(e.getMessage() + WAY_OUT, e);
        }
    }
}
