/**
 * Batch normalization on Spark. {@link io.github.sparkbatchnorm.spark.TensorDataset} is the door: a data set, its
 * tensor column and the policies, with the verbs that make statistics, states and normalized data of it.
 *
 * <p>Two packages below are API, too: {@code tensor}, the settings of a tensor, and {@code training}, the layer of a
 * training loop. The others move data and may change in any version; each uses those after it:
 *
 * <ul>
 *   <li>{@code transform}: a data set with its tensor normalized, or with the gradient of its tensor
 *   <li>{@code scan}: the moments, statistics and gradient sums of every global batch, in one pass
 *   <li>{@code rows}: the rows of a pass, and the report of what was found in them
 *   <li>{@code codec}: tensor columns, and the codecs between Spark's values and samples
 *   <li>{@code shims}: all that depends on one version of Spark or Parquet
 * </ul>
 *
 * <p>No class here holds a formula: these are in {@code layer} and {@code stats}.
 */
@NullMarked
package io.github.sparkbatchnorm.spark;

import org.jspecify.annotations.NullMarked;
