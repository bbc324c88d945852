package io.github.sparkbatchnorm.layer;

/** The two modes of a batch norm layer. */
public enum BatchNormMode {
    /** Normalizes with the statistics of the batch, and updates the running ones with them. */
    TRAIN,
    /** Normalizes with the running statistics, or with those of the batch if there are none. Changes nothing. */
    EVAL
}
