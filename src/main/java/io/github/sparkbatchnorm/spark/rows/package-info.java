/**
 * Rows: how the samples, gradients and batches of a pass are read from the rows of a data set or an RDD, and the report
 * of what was found in them.
 *
 * <p>No API: the classes are public for the other packages of {@code spark}, and may change in any version.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.rows;

import org.jspecify.annotations.NullMarked;
