/**
 * Moves data on Spark and holds no formulas: tensor columns, the statistics pass, the normalize pass, Kryo
 * registration.
 */
@NullMarked
package io.github.sparkbatchnorm.spark;

import org.jspecify.annotations.NullMarked;
