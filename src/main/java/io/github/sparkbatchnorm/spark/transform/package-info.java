/**
 * Lazily transformed data sets and RDDs: each row is normalized, or gets its gradient, when Spark evaluates it.
 *
 * <p>{@link io.github.sparkbatchnorm.spark.transform.NormalizedDataset} and
 * {@link io.github.sparkbatchnorm.spark.transform.GradientDataset} are for users. Other public classes say that they
 * are no API: Spark loads or calls some of them, and the layer of {@code spark.training} uses the others.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.transform;

import org.jspecify.annotations.NullMarked;
