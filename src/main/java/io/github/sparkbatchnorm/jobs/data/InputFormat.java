package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The names of data formats, and the defaults that follow from them. */
public final class InputFormat {
    static final String PARQUET = "parquet";
    static final String CSV = "csv";
    static final String JSON = "json";
    /** Spark's source of images. */
    public static final String IMAGE = "image";
    /** Sparse vectors with labels. */
    public static final String LIBSVM = "libsvm";

    /** Tables and views of Spark's catalogs. */
    public static final String TABLE = "table";

    /** Formats whose output has the format of the input. */
    private static final Set<String> SAME_OUTPUT = Set.of(PARQUET, "orc", JSON);

    private static final Set<String> COMPRESSIONS =
            Set.of("gz", "gzip", "bz2", "zst", "zstd", "lz4", "snappy", "deflate", "xz");

    private static final Map<String, String> BY_EXTENSION = Map.ofEntries(
            Map.entry("parquet", PARQUET),
            Map.entry("csv", CSV),
            Map.entry("json", JSON),
            Map.entry("jsonl", JSON),
            Map.entry("ndjson", JSON),
            Map.entry("orc", "orc"),
            Map.entry("avro", "avro"),
            Map.entry("libsvm", LIBSVM),
            Map.entry("svm", LIBSVM),
            Map.entry("png", IMAGE),
            Map.entry("jpg", IMAGE),
            Map.entry("jpeg", IMAGE),
            Map.entry("gif", IMAGE),
            Map.entry("bmp", IMAGE));

    private InputFormat() {}

    /**
     * The format that the extensions of paths stand for; parquet for unknown extensions.
     *
     * @throws UsageException if the paths stand for several formats
     */
    public static String ofPaths(List<String> paths) {
        String first = ofPath(paths.get(0));
        for (String path : paths) {
            if (!ofPath(path).equals(first)) {
                throw new UsageException("--input " + paths.get(0) + " looks like " + first + " and --input " + path
                        + " like " + ofPath(path) + "; give inputs of one format, or --format");
            }
        }
        return first;
    }

    private static String ofPath(String path) {
        String name = path.replaceFirst("/+$", "");
        name = name.substring(name.lastIndexOf('/') + 1);
        String extension = extension(name);
        if (COMPRESSIONS.contains(extension)) {
            extension = extension(name.substring(0, name.length() - extension.length() - 1));
        }
        return BY_EXTENSION.getOrDefault(extension, PARQUET);
    }

    private static String extension(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    /**
     * The format of the output if the user names none.
     *
     * @param channelColumns whether each channel is a column
     */
    public static String defaultOutput(String input, boolean channelColumns) {
        String format = input.toLowerCase(Locale.ROOT);
        // Csv has no arrays: it can hold the result only where each channel is a column.
        return SAME_OUTPUT.contains(format) || (format.equals(CSV) && channelColumns) ? format : PARQUET;
    }
}
