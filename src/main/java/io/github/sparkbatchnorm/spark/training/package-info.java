/** The layer of a training loop: forward and backward passes over batches in RDDs and data sets. */
@NullMarked
package io.github.sparkbatchnorm.spark.training;

import org.jspecify.annotations.NullMarked;
