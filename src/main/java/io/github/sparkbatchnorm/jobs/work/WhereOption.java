package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says which rows statistics are of. */
public final class WhereOption {
    @Option(
            order = 30,
            names = "--where",
            paramLabel = "SQL",
            description = "Statistics are of the rows that match this condition; the output has all rows.")
    @Nullable
    public String condition;

    boolean isGiven() {
        return condition != null;
    }

    /**
     * The input whose statistics are of the rows that match.
     *
     * @throws UsageException if the condition cannot be used
     */
    TensorInput of(TensorInput input) {
        String given = condition;
        return given == null ? input : input.withWhere(given);
    }
}
