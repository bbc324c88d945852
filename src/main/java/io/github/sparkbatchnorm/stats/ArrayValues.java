package io.github.sparkbatchnorm.stats;

/** The values of a sample in a {@code float[]} or {@code double[]}. */
record ArrayValues(Object array) implements SampleValues {
    @Override
    public boolean isFloat() {
        return array instanceof float[];
    }

    @Override
    public void copyTo(int from, Object to, int offset, int length) {
        System.arraycopy(array, from, to, offset, length);
    }
}
