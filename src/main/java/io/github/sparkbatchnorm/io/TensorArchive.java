package io.github.sparkbatchnorm.io;

import java.util.Set;

/** A file of tensors with names. */
interface TensorArchive {
    Set<String> names();

    /**
     * Reads one tensor.
     *
     * @param name one of the names
     * @throws IllegalArgumentException naming it, if it is damaged or of a type that is not read
     */
    Tensor read(String name);
}
