/** What the tasks of Spark's jobs do, counted from Spark's events. No API. */
@NullMarked
package io.github.sparkbatchnorm.spark.meter;

import org.jspecify.annotations.NullMarked;
