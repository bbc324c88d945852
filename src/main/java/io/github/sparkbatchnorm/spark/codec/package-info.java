/**
 * Tensor columns: found in a schema and checked, and how a sample is read from a row and written back. No API: the
 * classes are public for the other packages of {@code spark}, and may change in any version.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.codec;

import org.jspecify.annotations.NullMarked;
