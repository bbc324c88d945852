package io.github.sparkbatchnorm.stats;

/** Where {@link BlockSums} puts what it found: the sums of a channel's values, and of their products with factors. */
abstract class LaneTarget {
    final ExactSums exact;

    LaneTarget(int channels) {
        exact = new ExactSums(channels);
    }

    /** Takes in the smallest and the largest of values that are all finite. */
    abstract void widen(int channel, double smallest, double largest);

    /** Adds a value and its product with a factor, exactly whatever they are. The slow way. */
    abstract void add(int channel, double value, double factor);
}
