/**
 * Lazily transformed data sets: each row is normalized, or gets its gradient, where Spark evaluates it.
 *
 * <p>{@link io.github.sparkbatchnorm.spark.transform.NormalizedDataset} and
 * {@link io.github.sparkbatchnorm.spark.transform.GradientDataset} are for users. The other public classes are no API;
 * Spark calls some of them.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.transform;

import org.jspecify.annotations.NullMarked;
