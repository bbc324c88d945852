/**
 * Tensor columns: which columns of a data set are a tensor, and how a sample is read from a row and written back.
 *
 * <p>{@link io.github.sparkbatchnorm.spark.tensor.TensorColumn},
 * {@link io.github.sparkbatchnorm.spark.tensor.TensorOptions},
 * {@link io.github.sparkbatchnorm.spark.tensor.HandleInvalid} and
 * {@link io.github.sparkbatchnorm.spark.tensor.BatchKey} are for users. The other public classes are no API.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.tensor;

import org.jspecify.annotations.NullMarked;
