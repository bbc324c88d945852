/** Regression tests of a cluster: checks of statistics, outputs and gradients against exact arithmetic. No API. */
@NullMarked
package io.github.sparkbatchnorm.regression;

import org.jspecify.annotations.NullMarked;
