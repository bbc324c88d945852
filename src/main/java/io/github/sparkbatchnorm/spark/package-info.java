/**
 * Batch normalization on Spark. The packages below move data and hold no formulas; each uses those after it:
 *
 * <ul>
 *   <li>{@code training}: the layer of a training loop, forward and backward
 *   <li>{@code transform}: a data set with its tensor normalized, or with the gradient of its tensor
 *   <li>{@code scan}: the statistics and the gradient sums of every global batch, in one pass
 *   <li>{@code rows}: the rows of a pass, and the report of what was found in them
 *   <li>{@code tensor}: tensor columns, and the codecs between Spark's values and samples
 *   <li>{@code shims}: all that depends on one version of Spark or Parquet
 *   <li>{@code state}: state files on Hadoop's file systems
 * </ul>
 */
@NullMarked
package io.github.sparkbatchnorm.spark;

import org.jspecify.annotations.NullMarked;
