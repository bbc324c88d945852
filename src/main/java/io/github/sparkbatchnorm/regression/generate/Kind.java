package io.github.sparkbatchnorm.regression.generate;

/** How a sample is stored. The values of a sample do not depend on it, but that sparse samples have absent ones. */
public enum Kind {
    /** An array of floats or doubles, flat in C order. */
    ARRAY,
    /** Arrays in arrays, as deep as the shape has axes: two to four. */
    NESTED,
    /** A dense vector of Spark ML, flat in C order: doubles, also where they are those of float32. */
    VECTOR,
    /** A sparse vector of Spark ML, of whose values nine in ten are absent, which means 0. */
    SPARSE,
    /** Bytes: the flat numbers, little-endian. */
    BINARY,
    /** A column for each channel, with one number in each row. */
    COLUMNS
}
