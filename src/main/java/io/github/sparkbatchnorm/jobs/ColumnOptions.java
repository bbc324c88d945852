package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.HandleInvalid;
import io.github.sparkbatchnorm.spark.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which columns are the tensor, and how they are read. */
final class ColumnOptions {
    @Option(
            order = 21,
            names = "--column",
            paramLabel = "NAME",
            description = "The tensor column: arrays, nested arrays, vectors, binary or images. Default for images:"
                    + " image, for libsvm: features.")
    @Nullable
    String column;

    @Option(
            order = 22,
            names = "--columns",
            paramLabel = "A,B,C",
            split = ",",
            hideParamSyntax = true,
            description = "Numeric columns, each a channel, instead of --column.")
    List<String> columns = new ArrayList<>();

    @Option(
            order = 23,
            names = "--shape",
            paramLabel = "C,H,W",
            description = "Shape of a sample: C or C,L or C,H,W or C,D,H,W, the axes as they are stored. Default:"
                    + " C, from the length; nested arrays have their own.")
    @Nullable
    String shape;

    @Option(
            order = 24,
            names = "--layout",
            paramLabel = "LAYOUT",
            description = "channels-first (default) or channels-last: where C stands in the shape.")
    @Nullable
    Layout layout;

    @Option(
            order = 25,
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32 or float64, little-endian: what a binary column holds.")
    @Nullable
    BinaryValues binaryValues;

    @Option(
            order = 26,
            names = "--module",
            paramLabel = "NAME",
            description = "BatchNorm1d, BatchNorm2d or BatchNorm3d: checks the number of axes.")
    @Nullable
    BatchNormModule module;

    @Option(
            order = 27,
            names = "--non-finite",
            paramLabel = "POLICY",
            description = "NaN and infinite values: propagate (default, as PyTorch), fail, skip-batch or ignore.")
    NonFinitePolicy nonFinite = NonFinitePolicy.PROPAGATE;

    @Option(
            order = 28,
            names = "--handle-invalid",
            paramLabel = "POLICY",
            description = "Null samples: error (default), skip or keep.")
    HandleInvalid handleInvalid = HandleInvalid.ERROR;

    @Option(
            order = 29,
            names = "--batch-column",
            paramLabel = "NAME",
            description = "Rows with the same value are one global batch: integer, string, date or timestamp."
                    + " Default: all rows are one batch.")
    @Nullable
    String batchColumn;

    boolean channelColumns() {
        return !columns.isEmpty();
    }

    /** How the options read the columns of an input of a format. */
    TensorOptions tensorOptions(String format) {
        if (column != null && channelColumns()) {
            throw new UsageException("both --column and --columns are given; give one of them");
        }
        if (channelColumns() && binaryValues != null) {
            throw new UsageException("--dtype says what a binary column holds and goes with --column");
        }
        return new TensorOptions(
                names(format),
                channelColumns(),
                dimensions(),
                layout == Layout.CHANNELS_LAST,
                binaryValues == null ? null : binaryValues == BinaryValues.FLOAT64,
                module,
                handleInvalid,
                batchColumn);
    }

    private List<String> names(String format) {
        if (channelColumns()) {
            return distinct("--columns", columns);
        }
        if (column != null) {
            return List.of(column);
        }
        return switch (format.toLowerCase(Locale.ROOT)) {
            case InputFormat.IMAGE -> List.of("image");
            case InputFormat.LIBSVM -> List.of("features");
            default -> throw new UsageException(
                    "neither --column nor --columns is given; name the tensor column, or the"
                            + " columns that are a channel each");
        };
    }

    /** The names given to an option, each once. */
    static List<String> distinct(String option, List<String> given) {
        List<String> names = given.stream().map(String::strip).toList();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (name.isEmpty()) {
                throw new UsageException(option + " " + String.join(",", given)
                        + " has an empty name; expected names with commas between them");
            }
            if (!seen.add(name)) {
                throw new UsageException(option + " names " + name + " twice; each column is one channel");
            }
        }
        return names;
    }

    private @Nullable List<Integer> dimensions() {
        if (shape == null) {
            return null;
        }
        List<Integer> dimensions = new ArrayList<>();
        for (String axis : shape.split(",", -1)) {
            try {
                dimensions.add(Integer.valueOf(axis.strip()));
            } catch (NumberFormatException e) {
                throw new UsageException("--shape is '" + shape
                        + "'; expected 1 to 4 whole numbers with commas between them, such as 3,32,32");
            }
        }
        checkSizes(dimensions);
        return dimensions;
    }

    private void checkSizes(List<Integer> dimensions) {
        try {
            SampleShape.channelsFirst(
                    dimensions.stream().mapToInt(Integer::intValue).toArray());
        } catch (IllegalArgumentException e) {
            throw new UsageException("--shape is '" + shape + "': " + e.getMessage());
        }
    }
}
