/**
 * The command line: {@link io.github.sparkbatchnorm.jobs.Main}, its commands and their options.
 *
 * <p>Below it: {@code bench}, the benchmark; {@code result}, the JSON and the tables of results; {@code data}, input
 * and output; {@code publish}, outputs that appear all at once or not at all; {@code console}, the process: terminal,
 * errors, exit codes, signals, the Spark session.
 *
 * <p>No API: what a script may depend on are the commands and options, their outputs and exit codes.
 */
@NullMarked
package io.github.sparkbatchnorm.jobs;

import org.jspecify.annotations.NullMarked;
