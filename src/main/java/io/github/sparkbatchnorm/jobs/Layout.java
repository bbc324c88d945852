package io.github.sparkbatchnorm.jobs;

/** The place of the channel axis in the shape of a sample. */
enum Layout {
    CHANNELS_FIRST,
    CHANNELS_LAST
}
