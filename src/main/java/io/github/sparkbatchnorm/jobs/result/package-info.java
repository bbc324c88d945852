/** Results as JSON and as tables. */
@NullMarked
package io.github.sparkbatchnorm.jobs.result;

import org.jspecify.annotations.NullMarked;
