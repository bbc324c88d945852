/**
 * Lazily transformed data sets and RDDs: each row is normalized, or gets its gradient, when Spark evaluates it. No API:
 * some classes are public since Spark loads or calls them, others for the other packages of {@code spark}, and all may
 * change in any version.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.transform;

import org.jspecify.annotations.NullMarked;
