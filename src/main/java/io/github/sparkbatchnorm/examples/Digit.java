package io.github.sparkbatchnorm.examples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * An image of a handwritten digit.
 *
 * @param id identifies the image
 * @param label what it shows, 0 to 9
 * @param pixels 8 rows of 8 pixels, from 0 (black) to 1 (white)
 */
record Digit(int id, int label, double[] pixels) {
    static final int PIXELS = 64;
    static final int LABELS = 10;

    private static final double WHITE = 16;

    /** The digits of a data set with the columns id, label and x, in the order of their ids. */
    static List<Digit> of(Dataset<Row> data) {
        List<Digit> digits = new ArrayList<>();
        for (Row row : data.selectExpr("int(id)", "int(label)", "cast(x AS array<double>)")
                .collectAsList()) {
            double[] pixels =
                    row.<Double>getList(2).stream().mapToDouble(v -> v / WHITE).toArray();
            if (pixels.length != PIXELS) {
                throw new IllegalArgumentException(
                        "digit " + row.getInt(0) + " has " + pixels.length + " pixels; expected " + PIXELS);
            }
            digits.add(new Digit(row.getInt(0), row.getInt(1), pixels));
        }
        digits.sort(Comparator.comparingInt(Digit::id));
        return digits;
    }
}
