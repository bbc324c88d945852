package io.github.sparkbatchnorm.jobs;

/** The type of the values in a binary column, little-endian. */
enum BinaryValues {
    FLOAT32,
    FLOAT64
}
