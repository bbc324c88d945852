/**
 * Batch normalization as pure functions on values: configuration, state, running statistics, forward and backward pass,
 * and the inverse of the forward pass. Its values are immutable, so that threads can share them.
 *
 * <p>The meaning is that of PyTorch's {@code BatchNorm1d}, {@code BatchNorm2d}, {@code BatchNorm3d} and
 * {@code SyncBatchNorm}. All arithmetic is in double precision; results of {@code float} input are rounded once, at the
 * end. Everything is checked before anything changes.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, Batch Normalization, 2015, Algorithms 1 and 2</a>
 */
@NullMarked
package io.github.sparkbatchnorm.layer;

import org.jspecify.annotations.NullMarked;
