/**
 * Distributed passes that compare the rows of outputs with exact arithmetic, without the library's own readers. No API.
 */
@NullMarked
package io.github.sparkbatchnorm.regression.rows;

import org.jspecify.annotations.NullMarked;
