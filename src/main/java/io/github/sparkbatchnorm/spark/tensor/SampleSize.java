package io.github.sparkbatchnorm.spark.tensor;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;

/**
 * What samples have to agree in: the length of flat ones, all axes of nested arrays, the channels of images. Ordered,
 * so that messages are the same for every partitioning.
 */
public final class SampleSize implements Comparable<SampleSize>, Serializable {
    private static final long serialVersionUID = 1L;

    /** Before anything was read. */
    static final SampleSize NONE = new SampleSize("length", 0);

    private final String noun;
    private final int[] numbers;

    private SampleSize(String noun, int... numbers) {
        this.noun = noun;
        this.numbers = numbers;
    }

    public static SampleSize length(int length) {
        return new SampleSize("length", length);
    }

    public static SampleSize shape(int... dims) {
        return new SampleSize("shape", dims);
    }

    static SampleSize channels(int channels) {
        return new SampleSize("channel count", channels);
    }

    /** What the numbers are: {@code length}, {@code shape} or {@code channel count}. */
    String noun() {
        return noun;
    }

    /** Whether this is the size of that one axis, so that it need not be made again. */
    boolean is(int number) {
        return numbers.length == 1 && numbers[0] == number && !noun.equals("shape");
    }

    boolean is(int[] dims) {
        return Arrays.equals(numbers, dims);
    }

    /** Whether an axis has no elements. */
    boolean isEmpty() {
        return Arrays.stream(numbers).anyMatch(n -> n == 0);
    }

    /** The numbers without the noun: {@code 3} or {@code [3, 2]}. */
    String numbers() {
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
        return other instanceof SampleSize that && compareTo(that) == 0;
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
