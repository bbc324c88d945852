/**
 * Rows as bytes, for digests: the same row has the same bytes with every version and setting of Spark, and however it
 * was stored.
 *
 * <p>No API: the classes are public for {@code spark}, which has {@code RowDigest} and {@code RowDifference}, and may
 * change in any version. The bytes themselves stay, see {@link io.github.sparkbatchnorm.spark.digest.RowEncoder}.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.digest;

import org.jspecify.annotations.NullMarked;
