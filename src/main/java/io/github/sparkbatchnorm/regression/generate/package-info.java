/**
 * Data of any size whose exact statistics are known in closed form.
 *
 * <p>A row is a function of {@link io.github.sparkbatchnorm.regression.generate.GeneratorOptions} and its number, so
 * that any task can make any row. With n rows in a batch, L values of a channel in a row:
 *
 * <ul>
 *   <li>The row at place i of its batch goes to {@code p = (a i + b) mod n}. The {@code z = floor(n / nullEvery)} rows
 *       of {@code p < z} are null; the others have the number {@code r = p - z}.
 *   <li>The value s of a channel in such a row has the number {@code r L + s} among the {@code m = (n - z) L} values of
 *       the channel in the batch, and goes to {@code j = (a' (r L + s) + b') mod m}.
 *   <li>The {@code floor(m / nonFiniteEvery)} values of the smallest j are NaN, +infinity and -infinity in turn; of
 *       sparse samples the next {@code floor(9 m / 10)} are absent, or as many as there are; each other value is
 *       {@code (centre + step ((j mod 2^k) - 2^(k-1))) 2^q}, with the integers of the channel's
 *       {@linkplain io.github.sparkbatchnorm.regression.generate.Profile profile}.
 * </ul>
 *
 * <p>The factors a and a' have no divisor in common with n and m, so each j occurs once in a batch, and the sums of a
 * channel are those of whole periods and a remainder, whatever the factors are. These follow from a SHA-256 of the
 * version of the generator and of all options that describe the data.
 *
 * <p>No API.
 */
@NullMarked
package io.github.sparkbatchnorm.regression.generate;

import org.jspecify.annotations.NullMarked;
