/**
 * Reading and writing state files, and states in the formats of other frameworks. This package knows the layer and a
 * JSON library, but not Spark.
 */
@NullMarked
package io.github.sparkbatchnorm.io;

import org.jspecify.annotations.NullMarked;
