/**
 * Assertions on data sets, for the tests of a pipeline: {@link io.github.sparkbatchnorm.testing.DatasetAssert}. They
 * fail with an {@link AssertionError}, as JUnit, AssertJ and TestNG expect, and need none of these.
 *
 * <p>In a jar of its own, with the classifier {@code testing}.
 */
@NullMarked
package io.github.sparkbatchnorm.testing;

import org.jspecify.annotations.NullMarked;
