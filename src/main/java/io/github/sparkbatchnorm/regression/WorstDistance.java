package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.regression.rows.BatchRows;

/** The largest of the distances of numbers from the exact ones, and where it is. */
final class WorstDistance {
    private double distance;
    private long compared;
    private String place = "";

    /**
     * Adds a number.
     *
     * @param found its distance; NaN counts as infinite
     * @param what the number in words
     */
    void add(double found, String batch, int channel, String what) {
        compared++;
        double size = Double.isNaN(found) ? Double.POSITIVE_INFINITY : found;
        if (size > distance) {
            distance = size;
            place = BatchRows.place(batch, channel) + ": " + what;
        }
    }

    /** Whether there is a number, and none is further away than a limit. */
    boolean isWithin(double limit) {
        return distance <= limit && compared > 0;
    }

    double distance() {
        return distance;
    }

    /** How many numbers were added. */
    long compared() {
        return compared;
    }

    /** The number with the largest distance; empty without one. */
    String place() {
        return place;
    }
}
