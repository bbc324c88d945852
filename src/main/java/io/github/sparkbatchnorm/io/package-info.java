/** Reading and writing state files. This package knows the layer and a JSON library, but not Spark. */
@NullMarked
package io.github.sparkbatchnorm.io;

import org.jspecify.annotations.NullMarked;
