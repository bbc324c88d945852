/**
 * Rows: how the samples, gradients and batches of a pass are read from the rows of a data set or an RDD, and the report
 * of what was found in them.
 *
 * <p>{@link io.github.sparkbatchnorm.spark.rows.SparseRows} is for users. The other public classes are no API.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.rows;

import org.jspecify.annotations.NullMarked;
