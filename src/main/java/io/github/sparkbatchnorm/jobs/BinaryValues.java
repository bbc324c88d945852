package io.github.sparkbatchnorm.jobs;

/** What a binary column holds, little-endian. */
enum BinaryValues {
    FLOAT32,
    FLOAT64
}
