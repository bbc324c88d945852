package io.github.sparkbatchnorm.jobs;

/** The two modes of a batch norm layer. */
enum Mode {
    TRAIN,
    EVAL
}
