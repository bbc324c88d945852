package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the output. */
public final class OutputOptions {
    @Option(
            order = 51,
            names = "--output",
            paramLabel = "PATH",
            required = true,
            description = "Folder for the result: all columns of the input, and what is added. A link is followed.")
    public String path = "";

    @Option(
            order = 52,
            names = "--output-column",
            paramLabel = "NAME",
            description = "Name of the column that is added. Default: NAME_normalized, or dx from backward. Not with"
                    + " --columns.")
    @Nullable
    public String column;

    @Option(
            order = 53,
            names = "--output-format",
            paramLabel = "NAME",
            description = "Default: the input's for parquet, orc and json, and for csv with --columns; else parquet.")
    @Nullable
    public String format;

    @Option(
            order = 54,
            names = "--output-option",
            paramLabel = "K=V",
            description = "Option for Spark's writer; give it again for more. Csv is written with a header.")
    public Map<String, String> writerOptions = new LinkedHashMap<>();

    /**
     * The writer of the output.
     *
     * @param channelColumns whether each channel is a column
     * @throws UsageException if the options do not go together
     */
    OutputWriter writer(String inputFormat, boolean channelColumns) {
        checkColumn(channelColumns);
        String written = format == null ? InputFormat.defaultOutput(inputFormat, channelColumns) : format;
        OutputWriter writer = new OutputWriter(written, writerOptions);
        if (writer.isCsv() && !channelColumns) {
            throw new UsageException("--output-format csv has no arrays for a tensor column; use --columns, or parquet,"
                    + " orc or json");
        }
        return writer;
    }

    /**
     * Checks the name of the column that is added.
     *
     * @param channelColumns whether each channel is a column
     * @throws UsageException if there is none that could be added, or the name is blank
     */
    void checkColumn(boolean channelColumns) {
        if (column != null && channelColumns) {
            throw new UsageException("--output-column goes with --column; with --columns each column has its own");
        }
        if (column != null) {
            ColumnOptions.requireName("--output-column", column);
        }
    }
}
