/** The command {@code bench}: times the passes beside a bare scan and a plain copy. No API. */
@NullMarked
package io.github.sparkbatchnorm.jobs.bench;

import org.jspecify.annotations.NullMarked;
