package io.github.sparkbatchnorm.spark.codec;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;

/**
 * The size in which all samples of a column agree: the length of flat samples, all axes of nested arrays, the channels
 * of images. Sizes are ordered, so that messages do not depend on the partitioning.
 */
public final class SampleSize implements Comparable<SampleSize>, Serializable {
    private static final long serialVersionUID = 1L;

    /** The size of a sample that was not read yet. */
    static final SampleSize NONE = new SampleSize("length", 0);

    private final String noun;
    private final int[] numbers;

    private SampleSize(String noun, int... numbers) {
        this.noun = noun;
        this.numbers = numbers;
    }

    /**
     * {@return the size of a flat sample}
     *
     * @param length number of values
     */
    public static SampleSize length(int length) {
        return new SampleSize("length", length);
    }

    /**
     * {@return the size of a nested array}
     *
     * @param dims the length of each axis
     */
    public static SampleSize shape(int... dims) {
        return new SampleSize("shape", dims.clone());
    }

    /**
     * {@return the size of an image, whose height and width may differ from row to row}
     *
     * @param channels C, the number of channels
     */
    public static SampleSize channels(int channels) {
        return new SampleSize("channel count", channels);
    }

    /** {@return the word for the numbers: {@code length}, {@code shape} or {@code channel count}} */
    public String noun() {
        return noun;
    }

    /** {@return whether an axis has no elements} */
    public boolean isEmpty() {
        return Arrays.stream(numbers).anyMatch(n -> n == 0);
    }

    /** The length, or the length of each axis. */
    int[] toDims() {
        return numbers.clone();
    }

    /** {@return the numbers without the noun, such as {@code 3} or {@code [3, 2]}} */
    public String numbers() {
        return noun.equals("shape")
                ? Arrays.stream(numbers).mapToObj(Integer::toString).collect(Collectors.joining(", ", "[", "]"))
                : Integer.toString(numbers[0]);
    }

    @Override
    public int compareTo(SampleSize other) {
        return Comparator.comparing((SampleSize size) -> size.noun)
                .thenComparing(size -> size.numbers, Arrays::compare)
                .compare(this, other);
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof SampleSize that && noun.equals(that.noun) && Arrays.equals(numbers, that.numbers));
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(numbers);
    }

    @Override
    public String toString() {
        return noun + " " + numbers();
    }
}
