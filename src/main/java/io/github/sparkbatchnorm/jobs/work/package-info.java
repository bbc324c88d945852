/**
 * What the commands do, and the options that say how: each job runs alike from the command line, which fills its
 * options by their annotations, and from SQL, which sets them. No class here needs the command line's library to run.
 *
 * <p>No API.
 */
@NullMarked
package io.github.sparkbatchnorm.jobs.work;

import org.jspecify.annotations.NullMarked;
