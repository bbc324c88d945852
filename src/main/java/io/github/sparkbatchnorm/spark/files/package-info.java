/** Files on Hadoop's file systems that are replaced as a whole. No API. */
@NullMarked
package io.github.sparkbatchnorm.spark.files;

import org.jspecify.annotations.NullMarked;
