/** The command {@code state}: looks at state files, compares and changes them, without Spark. No API. */
@NullMarked
package io.github.sparkbatchnorm.jobs.state;

import org.jspecify.annotations.NullMarked;
