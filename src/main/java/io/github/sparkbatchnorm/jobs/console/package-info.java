/** The process of a command: terminal, error lines, exit codes, signals, the Spark session. No API. */
@NullMarked
package io.github.sparkbatchnorm.jobs.console;

import org.jspecify.annotations.NullMarked;
