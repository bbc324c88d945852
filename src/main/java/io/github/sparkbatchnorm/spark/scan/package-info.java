/**
 * The pass over a data set: rows are added up on the executors, and the sums become the statistics or the gradients of
 * each global batch.
 *
 * <p>{@link io.github.sparkbatchnorm.spark.scan.StatisticsPass},
 * {@link io.github.sparkbatchnorm.spark.scan.GradientPass} and their results are for users. The other public classes
 * are no API.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.scan;

import org.jspecify.annotations.NullMarked;
