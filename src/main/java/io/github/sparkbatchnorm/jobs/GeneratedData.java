package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import io.github.sparkbatchnorm.regression.generate.Kind;
import io.github.sparkbatchnorm.regression.generate.Profile;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the data that is generated. */
final class GeneratedData {
    @Option(
            order = 1,
            names = "--rows",
            paramLabel = "N",
            required = true,
            converter = CountConverter.class,
            description = "How many rows, such as 1000000 or 1e9.")
    long rows;

    @Option(
            order = 2,
            names = "--shape",
            paramLabel = "C,H,W",
            required = true,
            description = "Shape of a sample: C or C,L or C,H,W or C,D,H,W.")
    String shape = "";

    @Option(
            order = 3,
            names = "--seed",
            paramLabel = "N",
            required = true,
            description = "Which data: it changes which row has which value, but no statistics.")
    long seed;

    @Option(
            order = 4,
            names = "--kind",
            paramLabel = "KIND",
            description = "How a sample is stored: array (default), nested, vector, sparse, binary or columns.")
    Kind kind = Kind.ARRAY;

    @Option(
            order = 5,
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32 (default) or float64, in which all values are exact. Vectors hold doubles.")
    Dtype dtype = Dtype.FLOAT32;

    @Option(
            order = 6,
            names = "--profile",
            paramLabel = "NAME",
            description = "What values are like: normal (default); ill-conditioned, with a mean of 2^20 standard"
                    + " deviations (float64: 1e12); tiny; huge; constant; integers; mixed, each of them in turn.")
    Profile profile = Profile.NORMAL;

    @Option(
            order = 7,
            names = "--batches",
            paramLabel = "B",
            converter = CountConverter.class,
            description = "Add the column batch, from 0 to B-1, in sizes that differ by at most 1. The rows of a batch"
                    + " are neighbours.")
    @Nullable
    Long batches;

    @Option(order = 8, names = "--interleaved", description = "Row i is in batch i modulo B.")
    boolean interleaved;

    @Option(
            order = 9,
            names = "--non-finite-every",
            paramLabel = "K",
            converter = CountConverter.class,
            description = "Make one value in K of each channel NaN, infinity or -infinity. Default: none.")
    @Nullable
    Long nonFiniteEvery;

    @Option(
            order = 10,
            names = "--null-every",
            paramLabel = "K",
            converter = CountConverter.class,
            description = "Make one sample in K null. Default: none.")
    @Nullable
    Long nullEvery;

    @Option(
            order = 11,
            names = "--partitions",
            paramLabel = "P",
            description = "Of the data set, each a file. Default: Spark's default parallelism, or one for each 2^26"
                    + " values, up to 10000, if these are more. The rows do not depend on it.")
    @Nullable
    Integer partitions;

    @Option(
            order = 12,
            names = "--skew",
            paramLabel = "F",
            description = "The first partition has F times the rows of each other. Default: 1.")
    double skew = 1;

    @Option(order = 13, names = "--gradients", description = "Add dy beside x, of the same kind and profile.")
    boolean gradients;

    /**
     * The options as the generator takes them.
     *
     * @throws UsageException for the first that is wrong
     */
    GeneratorOptions options() {
        requireOneOrMore("--rows", rows);
        requireOneOrMore("--batches", batches);
        requireOneOrMore("--non-finite-every", nonFiniteEvery);
        requireOneOrMore("--null-every", nullEvery);
        requireOneOrMore("--partitions", partitions == null ? null : Long.valueOf(partitions));
        if (interleaved && batches == null) {
            throw new UsageException("--interleaved says how batches lie, and there are none; give --batches, too");
        }
        try {
            return new GeneratorOptions(
                    rows,
                    ColumnOptions.shape(shape, Layout.CHANNELS_FIRST),
                    seed,
                    kind,
                    dtype,
                    profile,
                    orNone(batches),
                    interleaved,
                    orNone(nonFiniteEvery),
                    orNone(nullEvery),
                    partitions == null ? 0 : partitions,
                    skew,
                    gradients);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    private static void requireOneOrMore(String option, @Nullable Long found) {
        if (found != null && found < 1) {
            throw new UsageException(option + " is " + found + "; expected 1 or more");
        }
    }

    private static long orNone(@Nullable Long every) {
        return every == null ? 0 : every;
    }
}
