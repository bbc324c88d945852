package io.github.sparkbatchnorm.spark.transform;

import java.io.Serializable;

/** Where a function of rows finds the value that it needs: in itself, or in a broadcast. */
sealed interface ValueSource<T> extends Serializable permits ValueSource.InPlan, BroadcastHandle {
    /** The value, on the driver or on an executor. */
    T value();

    /** A value that travels with the function, as a part of the plan. */
    record InPlan<T extends Serializable>(T value) implements ValueSource<T> {
        private static final long serialVersionUID = 1L;
    }
}
