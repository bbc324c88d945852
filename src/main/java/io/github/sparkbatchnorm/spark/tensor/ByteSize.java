package io.github.sparkbatchnorm.spark.tensor;

import java.util.Locale;

/** Sizes in bytes as people read them. */
public final class ByteSize {
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final double STEP = 1024;

    private ByteSize() {}

    /** Such as {@code 480 MiB}: as Spark's settings count. */
    public static String of(long bytes) {
        int unit = 0;
        double size = bytes;
        while (size >= STEP - 0.5 && unit < UNITS.length - 1) {
            size /= STEP;
            unit++;
        }
        return String.format(Locale.ROOT, size < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", size, UNITS[unit]);
    }

    /** What a memory setting of Spark has to be to hold so many bytes, such as {@code 2g}. */
    public static String setting(long bytes) {
        return ((bytes >> 30) + 1) + "g";
    }
}
