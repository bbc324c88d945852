/**
 * An example of how the layer is used: a network that trains with batch norm on Spark. No API.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, Batch Normalization, 2015</a>
 */
@NullMarked
package io.github.sparkbatchnorm.examples;

import org.jspecify.annotations.NullMarked;
