package io.github.sparkbatchnorm.jobs.state;

import static java.util.stream.Collectors.joining;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SignificantDigits;
import io.github.sparkbatchnorm.jobs.console.TextTable;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Provenance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code state show}: prints what is in a state. */
@Command(
        name = "show",
        description = {
            "Prints the settings of a state, where it comes from, and a table of its channels.",
            "Numbers in the table have seven digits, and of many channels it has the first and the last; the file has"
                    + " all. Files are local."
        },
        sortOptions = false,
        customSynopsis = "jobs/batchnorm state show FILE",
        footer = {"%nExample:", "  jobs/batchnorm state show state.json"})
final class ShowCommand extends StateFileCommand {
    private static final int FIRST_COLUMNS = 20;

    @Parameters(paramLabel = "FILE", description = "A state file.")
    String file = "";

    ShowCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        BatchNormState state = read(file);
        line("num_features", state.numFeatures());
        line("eps", state.config().eps());
        Double momentum = state.config().momentum();
        line("momentum", momentum == null ? "none" : momentum);
        line("affine", state.config().affine());
        line("track_running_stats", state.config().trackRunningStats());
        line("num_batches_tracked", state.hasRunningStatistics() ? state.numBatchesTracked() : "none");
        state.provenance().ifPresent(this::lines);
        if (state.hasRunningStatistics() || state.config().affine()) {
            console.out().println(table(state));
        }
    }

    private void lines(Provenance from) {
        line("rows", from.rows());
        line("digest", from.digest());
        line("columns", from.columns() == null ? null : columns(from.columns()));
        line("shape", from.shape() == null ? null : dims(from.shape().dims()));
        line("layout", from.layout());
        line("dtype", from.dtype() == null ? null : from.dtype().name().toLowerCase(Locale.ROOT));
        line("input", from.input().isEmpty() ? null : String.join(", ", from.input()));
        line("where", from.where());
        line("library", from.library());
        line("spark", from.spark());
    }

    /** Prints what is known, in one line. */
    private void line(String key, @Nullable Object value) {
        if (value != null) {
            console.result(key, value.toString().replaceAll("\\s+", " "));
        }
    }

    private static String columns(List<String> columns) {
        String first = columns.stream().limit(FIRST_COLUMNS).collect(joining(", "));
        return columns.size() <= FIRST_COLUMNS ? first : first + ", ... (" + columns.size() + " in all)";
    }

    /** As {@code --shape} takes it. */
    private static String dims(int[] dims) {
        return Arrays.stream(dims).mapToObj(Integer::toString).collect(joining(","));
    }

    private static String table(BatchNormState state) {
        IntFunction<String> names = channelNames(state);
        List<String> headers = new ArrayList<>(List.of("channel"));
        List<double[]> columns = new ArrayList<>();
        add("running_mean", state.runningMean(), headers, columns);
        add("running_var", state.runningVar(), headers, columns);
        add("weight", state.weight(), headers, columns);
        add("bias", state.bias(), headers, columns);
        IntFunction<String[]> row = c -> {
            List<String> cells = new ArrayList<>(List.of(TextTable.name(names.apply(c))));
            columns.forEach(column -> cells.add(SignificantDigits.format(column[c])));
            return cells.toArray(String[]::new);
        };
        return TextTable.shortened(headers, 1, state.numFeatures(), row, "channels", "the file");
    }

    private static void add(String key, double @Nullable [] values, List<String> headers, List<double[]> columns) {
        if (values != null) {
            headers.add(key);
            columns.add(values);
        }
    }
}
