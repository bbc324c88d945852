/** The settings of a tensor: which columns of a data set it is in, and how they are read. */
@NullMarked
package io.github.sparkbatchnorm.spark.tensor;

import org.jspecify.annotations.NullMarked;
