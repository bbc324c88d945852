package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.ColumnPatterns;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name the tensor's columns and tell how they are read. */
public final class ColumnOptions {
    @Option(
            order = 21,
            names = "--column",
            paramLabel = "NAME",
            description = "The tensor column: arrays, nested arrays, vectors, binary or images; s.x is the field x of a"
                    + " struct s, `s.x` in backquotes the column of that name. Default for images: image, for libsvm:"
                    + " features.")
    @Nullable
    public String column;

    @Option(
            order = 22,
            names = "--columns",
            paramLabel = "A,B,C",
            description = "Numeric columns, each a channel, instead of --column. f_* is every such column whose name"
                    + " begins so, in their order, !f_id leaves one out. A name with a comma or a star stands in"
                    + " backquotes.")
    public List<String> columns = new ArrayList<>();

    @Option(
            order = 23,
            names = "--shape",
            paramLabel = "C,H,W",
            description = "Shape of a sample: C or C,L or C,H,W or C,D,H,W, the axes as they are stored. Default:"
                    + " C, from the length; nested arrays have their own.")
    @Nullable
    public String shape;

    @Option(
            order = 24,
            names = "--layout",
            paramLabel = "LAYOUT",
            description = "channels-first (default) or channels-last: where C stands in the shape.")
    public SampleShape.@Nullable Layout layout;

    @Option(
            order = 25,
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32 or float64, little-endian: what a binary column holds.")
    @Nullable
    public Dtype dtype;

    @Option(
            order = 26,
            names = "--module",
            paramLabel = "NAME",
            description = "BatchNorm1d, BatchNorm2d or BatchNorm3d: checks the number of axes.")
    @Nullable
    public BatchNormModule module;

    @Option(
            order = 27,
            names = "--non-finite",
            paramLabel = "POLICY",
            description = "NaN and infinite values: propagate (default, as PyTorch), fail, skip-batch or ignore.")
    public NonFinitePolicy nonFinite = NonFinitePolicy.PROPAGATE;

    @Option(
            order = 28,
            names = "--handle-invalid",
            paramLabel = "POLICY",
            description =
                    "Null samples: error (default), skip or keep. Skip also drops csv rows with more or fewer cells"
                            + " than the header; keep does not.")
    public HandleInvalid handleInvalid = HandleInvalid.ERROR;

    @Option(
            order = 29,
            names = "--batch-column",
            paramLabel = "NAME",
            description = "Rows with the same value are one global batch: integer, string, date or timestamp."
                    + " Default: all rows are one batch.")
    @Nullable
    public String batchColumn;

    public boolean channelColumns() {
        return !columns.isEmpty();
    }

    /**
     * The options for the library.
     *
     * @param format the format of the input, which has a default column for images and libsvm
     * @param given the state whose data this is; null for none
     * @throws UsageException if the options do not fit each other
     */
    public TensorOptions tensorOptions(String format, @Nullable BatchNormState given) {
        if (column != null && channelColumns()) {
            throw new UsageException("both --column and --columns are given; give one of them");
        }
        if (channelColumns() && dtype != null) {
            throw new UsageException("--dtype says what a binary column holds and goes with --column");
        }
        if (batchColumn != null) {
            requireName("--batch-column", batchColumn);
        }
        List<String> names = names(format);
        TensorOptions options =
                channelColumns() ? TensorOptions.channelColumns(names) : TensorOptions.column(names.get(0));
        options = options.withHandleInvalid(handleInvalid);
        options = with(layout, options, TensorOptions::withLayout);
        options = with(shape(given), options, TensorOptions::withShape);
        options = with(dtype, options, TensorOptions::withDtype);
        options = with(module, options, TensorOptions::withModule);
        return with(batchColumn, options, TensorOptions::withBatchColumn);
    }

    /** Whether names of channel columns can be patterns. */
    public boolean mayHavePatterns() {
        return distinct("--columns", columns).stream().anyMatch(ColumnPatterns::mayBe);
    }

    /**
     * Puts the names of columns in the place of patterns, by the types in the input.
     *
     * @param gradients texts that name the columns of gradients
     * @throws UsageException if a pattern matches no column of numbers, or nothing is left
     */
    public void expand(SparkScope spark, InputSource source, List<String> gradients) {
        List<String> others = new ArrayList<>(gradients);
        if (batchColumn != null) {
            others.add(batchColumn);
        }
        boolean caseSensitive = Boolean.parseBoolean(spark.session().conf().get("spark.sql.caseSensitive", "false"));
        StructType schema = source.schema(spark, handleInvalid);
        columns = new ColumnPatterns(schema, caseSensitive, others).expand(distinct("--columns", columns));
    }

    private static <T> TensorOptions with(
            @Nullable T value, TensorOptions options, BiFunction<TensorOptions, T, TensorOptions> with) {
        return value == null ? options : with.apply(options, value);
    }

    private List<String> names(String format) {
        if (channelColumns()) {
            return distinct("--columns", columns);
        }
        if (column != null) {
            return List.of(requireName("--column", column));
        }
        return switch (format.toLowerCase(Locale.ROOT)) {
            case InputFormat.IMAGE -> List.of("image");
            case InputFormat.LIBSVM -> List.of("features");
            default -> throw new UsageException(
                    "neither --column nor --columns is given; name the tensor column, or the"
                            + " columns that are a channel each");
        };
    }

    /**
     * The names in an option, which are separated by commas and differ. A comma in backquotes belongs to a name.
     *
     * @throws UsageException if a name is empty or occurs twice
     */
    public static List<String> distinct(String option, List<String> given) {
        List<String> names = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String list : given) {
            for (String name : split(option, list)) {
                if (name.isEmpty()) {
                    throw new UsageException(option + " " + String.join(",", given)
                            + " has an empty name; expected names with commas between them");
                }
                if (!seen.add(name)) {
                    throw new UsageException(option + " names " + name + " twice; each column is one channel");
                }
                names.add(name);
            }
        }
        return names;
    }

    private static List<String> split(String option, String list) {
        List<String> names = new ArrayList<>();
        int start = 0;
        boolean quoted = false;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            quoted ^= c == '`';
            if (c == ',' && !quoted) {
                names.add(list.substring(start, i).strip());
                start = i + 1;
            }
        }
        if (quoted) {
            throw new UsageException(option + " " + list + " has a backquote that does not end; expected two");
        }
        names.add(list.substring(start).strip());
        return names;
    }

    /**
     * The name in an option.
     *
     * @throws UsageException if it is blank
     */
    static String requireName(String option, String name) {
        if (name.isBlank()) {
            throw new UsageException(option + " is empty; give the name of a column");
        }
        return name;
    }

    private static SampleShape.Layout layoutOf(@Nullable BatchNormState given) {
        return Optional.ofNullable(given)
                .flatMap(BatchNormState::provenance)
                .map(Provenance::layout)
                .orElse(SampleShape.Layout.CHANNELS_FIRST);
    }

    private @Nullable SampleShape shape(@Nullable BatchNormState given) {
        if (shape == null) {
            return null;
        }
        return shape(shape, layout == null ? layoutOf(given) : layout);
    }

    /**
     * The shape that the text of {@code --shape} stands for.
     *
     * @throws UsageException if it stands for none
     */
    public static SampleShape shape(String text, Layout layout) {
        int[] dims;
        try {
            dims = Stream.of(text.split(",", -1))
                    .mapToInt(axis -> Integer.parseInt(axis.strip()))
                    .toArray();
        } catch (NumberFormatException e) {
            throw new UsageException("--shape is '" + text
                    + "'; expected 1 to 4 whole numbers with commas between them, such as 3,32,32");
        }
        try {
            return SampleShape.of(layout, dims);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--shape is '" + text + "': " + e.getMessage());
        }
    }
}
