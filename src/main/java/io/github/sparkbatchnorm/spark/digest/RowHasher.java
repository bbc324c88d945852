package io.github.sparkbatchnorm.spark.digest;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/** The SHA-256 of rows. Its arrays are used again for each row. Not thread-safe. */
final class RowHasher {
    static final int HASH_BYTES = 32;

    private final RowEncoder encoder;
    private final ByteSink bytes = new ByteSink(ByteSink.MAX_BYTES);
    private final MessageDigest sha256 = sha256();
    private final byte[] hash = new byte[HASH_BYTES];

    /** @param schema of the rows, or of their first columns if the others are not to be hashed */
    RowHasher(StructType schema) {
        encoder = new RowEncoder(schema);
    }

    /** {@return the hash of a row, in an array that the next call overwrites} */
    byte[] hash(InternalRow row) {
        bytes.clear();
        encoder.write(row, bytes);
        sha256(bytes, sha256, hash);
        return hash;
    }

    static void sha256(ByteSink bytes, MessageDigest sha256, byte[] hash) {
        sha256.update(bytes.array(), 0, bytes.size());
        try {
            sha256.digest(hash, 0, hash.length);
        } catch (DigestException e) {
            throw new AssertionError("a SHA-256 has 32 bytes", e);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
