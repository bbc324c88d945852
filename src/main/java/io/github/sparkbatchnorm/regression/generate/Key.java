package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.regression.exact.Sha256;
import java.nio.ByteBuffer;

/** Numbers that look random and depend only on what they are made of. */
final class Key {
    /** The version of the generator: data of another version is other data. */
    private static final String VERSION = "spark-batchnorm-generate-1";

    private Key() {}

    /**
     * The key of a part of the data: the first 64 bits of a SHA-256 of the version, the options and the part.
     *
     * @param part such as {@code x}
     */
    static long of(GeneratorOptions options, String part) {
        String text = VERSION + " " + options.description() + " " + part;
        return ByteBuffer.wrap(Sha256.of(text)).getLong();
    }

    /**
     * 64 bits that look random, of a key and a number: the output of SplitMix64 (Steele, Lea, Flood, doi:
     * 10.1145/2714064.2660195) that starts at the key and has made {@code number} others.
     */
    static long mix(long key, long number) {
        long z = key + (number + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
