package io.github.sparkbatchnorm.jobs;

/** Where a sample has its channel axis. */
enum Layout {
    CHANNELS_FIRST,
    CHANNELS_LAST
}
