package io.github.sparkbatchnorm.spark.digest;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.UserDefinedType;

/**
 * The digest of a schema: of names and types, not of what files lose (comments, metadata, and whether nulls are
 * allowed).
 *
 * <p>The first 8 bytes of the SHA-256 of the text {@code spark-batchnorm-rows-1} and the schema, as 16 hexadecimal
 * digits. A schema is the number of its fields (int32, big-endian), then the name and the type of each. A name is its
 * length in bytes (int32) and its UTF-8. A type is a name, Spark's in SQL, such as {@code bigint} or
 * {@code decimal(10,2)}; behind {@code array} comes the type of the elements, behind {@code map} those of keys and
 * values, behind {@code struct} its schema. A user-defined type is its SQL type.
 */
public final class SchemaDigest {
    private static final String VERSION = "spark-batchnorm-rows-1";

    private static final int BYTES = 8;

    private SchemaDigest() {}

    /**
     * {@return the digest, 16 hexadecimal digits}
     *
     * @param schema of a data set
     */
    public static String of(StructType schema) {
        ByteSink bytes = new ByteSink(ByteSink.MAX_BYTES);
        bytes.append(VERSION.getBytes(StandardCharsets.US_ASCII));
        write(schema, bytes);
        byte[] hash = new byte[RowHasher.HASH_BYTES];
        RowHasher.sha256(bytes, RowHasher.sha256(), hash);
        return HexFormat.of().formatHex(Arrays.copyOf(hash, BYTES));
    }

    private static void write(StructType schema, ByteSink to) {
        to.putInt(schema.length());
        for (StructField field : schema.fields()) {
            write(field.name(), to);
            write(field.dataType(), to);
        }
    }

    private static void write(DataType type, ByteSink to) {
        if (type instanceof UserDefinedType<?> own) {
            write(own.sqlType(), to);
        } else if (type instanceof ArrayType array) {
            write("array", to);
            write(array.elementType(), to);
        } else if (type instanceof MapType map) {
            write("map", to);
            write(map.keyType(), to);
            write(map.valueType(), to);
        } else if (type instanceof StructType struct) {
            write("struct", to);
            write(struct, to);
        } else {
            write(type.catalogString(), to);
        }
    }

    private static void write(String text, ByteSink to) {
        to.putBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
