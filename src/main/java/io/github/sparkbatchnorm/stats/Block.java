package io.github.sparkbatchnorm.stats;

/**
 * Values that are summed together, rows by lanes, each with its factor. Lane j of row r is at index {@code first + r *
 * stride + j} of both arrays.
 *
 * @param x the values, {@code float[]} or {@code double[]}
 * @param y the factors, of the same type; x itself for squares
 * @param first index of lane 0 of row 0
 * @param stride distance of two rows
 * @param rows number of rows, at most {@link BlockSums#ROWS}
 * @param lanes number of lanes, at most {@link BlockSums#LANES}
 * @param lastLanes number of lanes of the last row
 */
record Block(Object x, Object y, int first, int stride, int rows, int lanes, int lastLanes) {
    /** An array of floats or doubles. */
    static Object newArray(boolean isFloat, int length) {
        return isFloat ? new float[length] : new double[length];
    }

    boolean isFloat() {
        return x instanceof float[];
    }

    boolean isOfSquares() {
        return x == y;
    }

    double x(int index) {
        return valueAt(x, index);
    }

    double y(int index) {
        return valueAt(y, index);
    }

    private static double valueAt(Object array, int index) {
        return array instanceof float[] floats ? floats[index] : ((double[]) array)[index];
    }

    /** One past the index of the last value of a lane. */
    int end(int lane) {
        return first + lane + (lane < lastLanes ? rows : rows - 1) * stride;
    }
}
