/** Results as JSON and as tables. No API. */
@NullMarked
package io.github.sparkbatchnorm.jobs.result;

import org.jspecify.annotations.NullMarked;
