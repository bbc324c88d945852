/** The command {@code bench}: times the passes beside Spark's own scan and copy. */
@NullMarked
package io.github.sparkbatchnorm.jobs.bench;

import org.jspecify.annotations.NullMarked;
