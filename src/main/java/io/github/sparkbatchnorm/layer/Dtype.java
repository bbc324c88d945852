package io.github.sparkbatchnorm.layer;

/** The types of numbers that tensors hold outside of the JVM, with PyTorch's names. */
public enum Dtype {
    /** 32-bit IEEE numbers: Java's float. */
    FLOAT32,
    /** 64-bit IEEE numbers: Java's double. */
    FLOAT64
}
