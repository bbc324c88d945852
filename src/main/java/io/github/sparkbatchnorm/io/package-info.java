/** State files. Knows the layer and a JSON library, not Spark. */
@NullMarked
package io.github.sparkbatchnorm.io;

import org.jspecify.annotations.NullMarked;
