/**
 * Moves data on Spark and holds no formulas: tensor columns, the distributed passes forward and backward, the layer for
 * training loops, Kryo registration.
 */
@NullMarked
package io.github.sparkbatchnorm.spark;

import org.jspecify.annotations.NullMarked;
