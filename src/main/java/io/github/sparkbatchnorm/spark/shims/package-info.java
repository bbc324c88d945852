/**
 * All that depends on one version of Spark or Parquet: physical plans, columnar batches, the writer of arrays.
 *
 * <p>Nothing in this package is API. Each class says what it needs that has no public form, and what happens where that
 * is missing.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.shims;

import org.jspecify.annotations.NullMarked;
