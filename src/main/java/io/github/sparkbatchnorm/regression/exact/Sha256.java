package io.github.sparkbatchnorm.regression.exact;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of the JDK. */
public final class Sha256 {
    private Sha256() {}

    /** {@return a hash of nothing yet} */
    public static MessageDigest create() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /**
     * {@return the hash of a text in UTF-8}
     *
     * @param text any
     */
    public static byte[] of(String text) {
        return create().digest(text.getBytes(StandardCharsets.UTF_8));
    }
}
