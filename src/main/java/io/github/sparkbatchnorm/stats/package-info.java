/**
 * Exact, order-free statistics of channels. Needs only the JDK and knows nothing of Spark.
 *
 * <p><b>Exactness.</b> Sums and sums of squares are integers times a power of two, never rounded while they grow, so
 * adding is associative and commutative to the bit: the same values in any order and any grouping give the same result.
 * Rounding happens once, when a mean or a variance is asked for.
 *
 * <p><b>Values that are not finite</b> never enter a sum. They are counted (NaN, +infinity, -infinity), and a channel
 * that has some gives what IEEE arithmetic gives: its mean is NaN, or an infinity if it has only infinities of one
 * sign, and its variance is NaN. {@code -0.0} counts as {@code 0.0}. Minimum and maximum are over the values that are
 * not NaN, and NaN if there are none or a subtraction left them unknown. For gradients, what such pairs make of the
 * sums in IEEE arithmetic is kept beside the sums.
 *
 * <p><b>Threads.</b> Values ({@code ChannelMoments}, {@code GradientSums}, {@code ChannelStatistics},
 * {@code SampleShape}) are immutable and may be shared. Accumulators, {@code Workspace} and {@code StatisticsDigest}
 * are not thread-safe.
 */
@NullMarked
package io.github.sparkbatchnorm.stats;

import org.jspecify.annotations.NullMarked;
