/** Suites of checks as files. No API. */
@NullMarked
package io.github.sparkbatchnorm.regression.suite;

import org.jspecify.annotations.NullMarked;
