package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.Locale;

/**
 * What data is generated. Immutable: each {@code with} method makes a copy.
 *
 * <p>Kind, partitions, skew and gradients do not change the values of x, but that samples of {@link Kind#SPARSE} have
 * absent ones; each other option changes every row.
 *
 * @param rows of the data, 1 or more
 * @param shape of a sample, channels first
 * @param seed any number; it changes which row has which value, and none of the statistics
 * @param kind how a sample is stored
 * @param dtype the type of the numbers, or, in vectors, the one in which all are exact
 * @param profile what the values are like
 * @param batches how many global batches there are, of sizes that differ by at most 1; 0 for no batch column
 * @param interleaved whether row i belongs to batch i modulo batches; else the rows of a batch are neighbours
 * @param nonFiniteEvery one of so many values of a channel in a batch is not finite; 0 for none
 * @param nullEvery one of so many rows of a batch is null; 0 for none
 * @param partitions how many there are; 0 for as many as the session's default, and more where they would be large
 * @param skew how many times the rows of each other partition the first one has; 1 or more
 * @param gradients whether there is a dy beside x
 */
public record GeneratorOptions(
        long rows,
        SampleShape shape,
        long seed,
        Kind kind,
        Dtype dtype,
        Profile profile,
        long batches,
        boolean interleaved,
        long nonFiniteEvery,
        long nullEvery,
        int partitions,
        double skew,
        boolean gradients)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The largest number of values of a channel: 2^55. */
    public static final long MAX_VALUES_OF_A_CHANNEL = AffineBijection.MAX_SIZE;

    /**
     * Creates options.
     *
     * @param rows 1 or more
     * @param shape channels first; one axis for columns, two or more for nested arrays
     * @param seed any
     * @param kind how a sample is stored
     * @param dtype of the numbers
     * @param profile of the values
     * @param batches 0 to rows
     * @param interleaved false without batches
     * @param nonFiniteEvery 0 or more
     * @param nullEvery 0 or more
     * @param partitions 0 or more
     * @param skew 1 or more
     * @param gradients whether there is a dy
     * @throws IllegalArgumentException if one is out of its range, or does not go with another
     */
    public GeneratorOptions {
        requireAtLeast("rows", rows, 1);
        requireAtLeast("batches", batches, 0);
        requireAtLeast("nonFiniteEvery", nonFiniteEvery, 0);
        requireAtLeast("nullEvery", nullEvery, 0);
        requireAtLeast("partitions", partitions, 0);
        if (!(skew >= 1) || Double.isInfinite(skew)) {
            throw new IllegalArgumentException("skew is " + skew + "; expected 1 or more");
        }
        if (shape.isChannelsLast()) {
            throw new IllegalArgumentException(
                    "shape " + shape + " has its channels last; expected channels first, as in [C, H, W]");
        }
        if (rows > MAX_VALUES_OF_A_CHANNEL / shape.spatialSize()) {
            throw new IllegalArgumentException("rows is " + rows + ", with " + shape.spatialSize()
                    + " values of a channel in each; expected at most 2^55 values of a channel, so at most "
                    + MAX_VALUES_OF_A_CHANNEL / shape.spatialSize() + " rows");
        }
        if (batches > rows) {
            throw new IllegalArgumentException(
                    "batches is " + batches + " and rows " + rows + "; expected no more batches than rows");
        }
        if (interleaved && batches == 0) {
            throw new IllegalArgumentException("interleaved without batches; expected a number of batches with it");
        }
        if (kind == Kind.NESTED && shape.rank() == 1) {
            throw new IllegalArgumentException("kind nested has shape " + shape
                    + "; expected two to four axes, such as [3, 8]; kind array holds one axis");
        }
        if (kind == Kind.COLUMNS && shape.rank() > 1) {
            throw new IllegalArgumentException("kind columns has shape " + shape + "; expected the shape ["
                    + shape.channels() + "], since a column holds one number of a channel; the other kinds hold "
                    + shape);
        }
    }

    private static void requireAtLeast(String name, long found, long least) {
        if (found < least) {
            throw new IllegalArgumentException(name + " is " + found + "; expected " + least + " or more");
        }
    }

    /**
     * {@return options for arrays of floats of the profile normal, without batches and all that is not usual}
     *
     * @param rows 1 or more
     * @param shape of a sample, channels first
     * @param seed any
     * @throws IllegalArgumentException if these are no such numbers
     */
    public static GeneratorOptions of(long rows, SampleShape shape, long seed) {
        return new GeneratorOptions(
                rows, shape, seed, Kind.ARRAY, Dtype.FLOAT32, Profile.NORMAL, 0, false, 0, 0, 0, 1, false);
    }

    /**
     * {@return these options with another kind}
     *
     * @param newKind how a sample is stored
     * @throws IllegalArgumentException if it does not hold the shape
     */
    public GeneratorOptions withKind(Kind newKind) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                newKind,
                dtype,
                profile,
                batches,
                interleaved,
                nonFiniteEvery,
                nullEvery,
                partitions,
                skew,
                gradients);
    }

    /**
     * {@return these options with another dtype}
     *
     * @param newDtype of the numbers
     */
    public GeneratorOptions withDtype(Dtype newDtype) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                newDtype,
                profile,
                batches,
                interleaved,
                nonFiniteEvery,
                nullEvery,
                partitions,
                skew,
                gradients);
    }

    /**
     * {@return these options with another profile}
     *
     * @param newProfile of the values
     */
    public GeneratorOptions withProfile(Profile newProfile) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                dtype,
                newProfile,
                batches,
                interleaved,
                nonFiniteEvery,
                nullEvery,
                partitions,
                skew,
                gradients);
    }

    /**
     * {@return these options with batches}
     *
     * @param newBatches how many; 0 for no batch column
     * @param isInterleaved whether row i belongs to batch i modulo that
     * @throws IllegalArgumentException if there are more than rows
     */
    public GeneratorOptions withBatches(long newBatches, boolean isInterleaved) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                dtype,
                profile,
                newBatches,
                isInterleaved,
                nonFiniteEvery,
                nullEvery,
                partitions,
                skew,
                gradients);
    }

    /**
     * {@return these options with values that are not finite}
     *
     * @param every one of so many; 0 for none
     * @throws IllegalArgumentException if it is below 0
     */
    public GeneratorOptions withNonFiniteEvery(long every) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                dtype,
                profile,
                batches,
                interleaved,
                every,
                nullEvery,
                partitions,
                skew,
                gradients);
    }

    /**
     * {@return these options with null rows}
     *
     * @param every one of so many; 0 for none
     * @throws IllegalArgumentException if it is below 0
     */
    public GeneratorOptions withNullEvery(long every) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                dtype,
                profile,
                batches,
                interleaved,
                nonFiniteEvery,
                every,
                partitions,
                skew,
                gradients);
    }

    /**
     * {@return these options with another partitioning} The rows stay the same.
     *
     * @param newPartitions how many; 0 for the default
     * @param newSkew how many times the rows of each other partition the first one has
     * @throws IllegalArgumentException if partitions are below 0 or skew below 1
     */
    public GeneratorOptions withPartitions(int newPartitions, double newSkew) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                dtype,
                profile,
                batches,
                interleaved,
                nonFiniteEvery,
                nullEvery,
                newPartitions,
                newSkew,
                gradients);
    }

    /**
     * {@return these options with or without a dy beside x}
     *
     * @param withGradients whether there is one
     */
    public GeneratorOptions withGradients(boolean withGradients) {
        return new GeneratorOptions(
                rows,
                shape,
                seed,
                kind,
                dtype,
                profile,
                batches,
                interleaved,
                nonFiniteEvery,
                nullEvery,
                partitions,
                skew,
                withGradients);
    }

    /** Every option that a value depends on, as text; the kind has no influence. */
    String description() {
        return String.join(
                " ",
                "rows=" + rows,
                "shape=" + shape,
                "seed=" + seed,
                "dtype=" + word(dtype),
                "profile=" + word(profile),
                "batches=" + batches,
                "interleaved=" + interleaved,
                "nonFiniteEvery=" + nonFiniteEvery,
                "nullEvery=" + nullEvery);
    }

    /**
     * {@return the word for a constant in options and suites: {@code ill-conditioned} for {@code ILL_CONDITIONED}}
     *
     * @param constant a kind, a dtype or a profile
     */
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
