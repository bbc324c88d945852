package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the input. */
public final class InputOptions {
    @Option(
            order = 11,
            names = "--input",
            paramLabel = "PATH",
            required = true,
            description = "File or folder on any file system that Spark reads; give it again for more. With"
                    + " --format table, the name of a table.")
    public List<String> paths = new ArrayList<>();

    @Option(
            order = 12,
            names = "--format",
            paramLabel = "NAME",
            description = "parquet, json, csv, orc, libsvm, image, table, or what spark-submit's --packages brings,"
                    + " such as avro. Default: by the path's extension, else parquet.")
    @Nullable
    public String format;

    @Option(
            order = 13,
            names = "--option",
            paramLabel = "K=V",
            description = "Option for Spark's reader; give it again for more. Csv is read with header=true and"
                    + " escape=\" unless said otherwise.")
    public Map<String, String> readerOptions = new LinkedHashMap<>();

    /** @throws UsageException if a path is empty, or the paths have several formats */
    InputSource source() {
        for (String path : paths) {
            if (path.isBlank()) {
                throw new UsageException("--input is empty; give a path");
            }
        }
        return new InputSource(paths, format == null ? InputFormat.ofPaths(paths) : format, readerOptions);
    }
}
