/**
 * Exact, order-free statistics of channels. Nothing here knows of Spark: the JDK is all it needs.
 *
 * <p><b>Exactness.</b> Sums and sums of squares are integers times a power of two, never rounded while they grow, so
 * adding is associative and commutative to the bit: the same values in any order and any grouping give the same result.
 * Rounding happens once, when a mean or a variance is asked for.
 *
 * <p><b>Values that are not finite</b> never enter a sum. They are counted (NaN, +infinity, -infinity), and a channel
 * that has some answers as IEEE arithmetic would: the mean is NaN, or an infinity if only infinities of one sign were
 * seen, and the variance is NaN. {@code -0.0} counts as {@code 0.0}. Minimum and maximum are over what is not NaN, and
 * NaN if there is nothing. Of gradients, what such pairs make of the sums in IEEE arithmetic is kept beside them.
 */
@NullMarked
package io.github.sparkbatchnorm.stats;

import org.jspecify.annotations.NullMarked;
