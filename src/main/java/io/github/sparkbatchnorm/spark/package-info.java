/**
 * Batch normalization on Spark. {@link io.github.sparkbatchnorm.spark.TensorDataset} is the door: a data set, its
 * tensor column and the policies, with the verbs that make statistics, states and normalized data of it.
 *
 * <p>Two packages below are API, too: {@code tensor}, the settings of a tensor, and {@code training}, the layer of a
 * training loop. The others ({@code transform}, {@code scan}, {@code rows}, {@code digest}, {@code codec},
 * {@code shims}) move data and may change in any version.
 *
 * <p>No class here holds a formula: these are in {@code layer} and {@code stats}.
 */
@NullMarked
package io.github.sparkbatchnorm.spark;

import org.jspecify.annotations.NullMarked;
