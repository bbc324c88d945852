/** What the engine below does while checks run: times, bytes, hosts. No API. */
@NullMarked
package io.github.sparkbatchnorm.regression.engine;

import org.jspecify.annotations.NullMarked;
