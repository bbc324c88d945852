package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.layer.BatchNormException;

/** The names of states in a catalog. A place is a path or an address of Hadoop's. */
@FunctionalInterface
public interface StateNames {
    /**
     * {@return the place of a state's file}
     *
     * @param name of the state
     * @throws BatchNormException if the name is bad, or there is no folder for states
     */
    String place(String name);
}
