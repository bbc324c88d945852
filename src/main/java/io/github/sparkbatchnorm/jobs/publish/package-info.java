/** Outputs and files that replace the old ones all at once, or leave them as they are. No API. */
@NullMarked
package io.github.sparkbatchnorm.jobs.publish;

import org.jspecify.annotations.NullMarked;
