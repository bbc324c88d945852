/** The command line: options, exit codes, progress, printing. The only place that prints or creates a session. */
@NullMarked
package io.github.sparkbatchnorm.jobs;

import org.jspecify.annotations.NullMarked;
