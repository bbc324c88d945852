package io.github.sparkbatchnorm.layer;

/** The two modes of a batch norm layer. */
public enum BatchNormMode {
    /** With the statistics of the batch, which update the running ones. */
    TRAIN,
    /** With the running statistics, or those of the batch if there are none. Changes nothing. */
    EVAL
}
