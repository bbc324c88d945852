package io.github.sparkbatchnorm.spark.scan;

import java.io.Serializable;

/** What a task hands on of one batch: the sums of its rows, or the rows themselves while these are few. */
sealed interface BatchPart extends Serializable permits Partial, FewRows {
    /** C; 0 if there was no value. */
    int channels();

    /**
     * Adds the values of these rows.
     *
     * @param sums of as many channels
     */
    void addTo(RowAccumulator sums);
}
