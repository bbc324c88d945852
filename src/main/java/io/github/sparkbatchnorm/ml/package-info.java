/**
 * Batch normalization as a stage of Spark ML pipelines. {@link io.github.sparkbatchnorm.ml.BatchNorm} is the estimator
 * and {@link io.github.sparkbatchnorm.ml.BatchNormModel} the model that it fits, next to Spark's StandardScaler in use.
 *
 * <p>No class here holds a formula: they call {@link io.github.sparkbatchnorm.spark.TensorDataset}.
 */
@NullMarked
package io.github.sparkbatchnorm.ml;

import org.jspecify.annotations.NullMarked;
