/**
 * The audit of the engine: what Spark's own aggregates, or those of a plugin in their place, answer for data whose
 * exact statistics are known. No API.
 *
 * <p>Answers are asked for as the session is configured, several times and in several partitionings; the exact ones are
 * of {@link io.github.sparkbatchnorm.regression.exact}, rounded once. Beside each stands the answer of this library.
 */
@NullMarked
package io.github.sparkbatchnorm.regression.audit;

import org.jspecify.annotations.NullMarked;
