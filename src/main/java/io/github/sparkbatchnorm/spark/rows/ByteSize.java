package io.github.sparkbatchnorm.spark.rows;

import java.util.Locale;

/** Sizes in bytes as people read them. */
public final class ByteSize {
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final double STEP = 1024;

    private ByteSize() {}

    /**
     * {@return a size in words such as {@code 480 MiB}, in the units of Spark's settings}
     *
     * @param bytes 0 or more
     */
    public static String of(long bytes) {
        int unit = 0;
        double size = bytes;
        while (size >= STEP - 0.5 && unit < UNITS.length - 1) {
            size /= STEP;
            unit++;
        }
        return String.format(Locale.ROOT, size < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", size, UNITS[unit]);
    }

    /**
     * {@return the memory setting of Spark that holds so many bytes, such as {@code 2g}}
     *
     * @param bytes 0 or more
     */
    public static String setting(long bytes) {
        return ((bytes >> 30) + 1) + "g";
    }
}
