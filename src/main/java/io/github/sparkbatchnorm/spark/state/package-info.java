/** State files on Hadoop's file systems. */
@NullMarked
package io.github.sparkbatchnorm.spark.state;

import org.jspecify.annotations.NullMarked;
