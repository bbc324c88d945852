package io.github.sparkbatchnorm.spark.digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.shims.RowSource;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.GeometryType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.types.variant.VariantBuilder;
import org.apache.spark.unsafe.types.VariantVal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of rows, as the class comments describe them: written here by hand. */
final class RowEncoderTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static byte[] bytes(Dataset<Row> data) {
        StructType schema = data.schema();
        return new RowSource(data)
                .rows()
                .map(row -> {
                    ByteSink bytes = new ByteSink(ByteSink.MAX_BYTES);
                    new RowEncoder(schema).write(row, bytes);
                    return Arrays.copyOf(bytes.array(), bytes.size());
                })
                .first();
    }

    /** SQL of a value, and its bytes in hexadecimal without the byte 1 that says that it is not null. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true                          | 01",
                "cast(-2 as tinyint)           | fe",
                "cast(-2 as smallint)          | fffe",
                "-2                            | fffffffe",
                "cast(-2 as bigint)            | fffffffffffffffe",
                "cast(1.5 as float)            | 3fc00000",
                "cast('NaN' as float)          | 7fc00000",
                "-0d                           | 8000000000000000",
                "cast('-Infinity' as double)   | fff0000000000000",
                "cast('NaN' as double)         | 7ff8000000000000",
                "cast(1.50 as decimal(5,3))    | 00000003 00000002 05dc",
                "cast(-1 as decimal(38,0))     | 00000000 00000001 ff",
                "cast(1.50 as decimal(30,2))   | 00000002 00000002 0096",
                "'aé'                          | 00000003 61c3a9",
                "'a' collate UTF8_LCASE        | 00000001 61",
                "X'00ff'                       | 00000002 00ff",
                "date'1970-01-03'              | 00000002",
                "date'1582-10-04'              | fffdd782",
                "timestamp'1970-01-01 00:00:01.000002Z' | 00000000000f4242",
                "timestamp_ntz'1969-12-31 23:59:59'     | fffffffffff0bdc0",
                "time'00:00:01'                | 000000003b9aca00",
                "interval '1-2' year to month  | 0000000e",
                "interval '0 00:00:01' day to second | 00000000000f4240",
                "make_interval(0, 1, 0, 2, 0, 0, 3)  | 00000001 00000002 00000000002dc6c0",
                "array(1, null)                | 00000002 01 00000001 00",
                "map('b', 2, 'a', null)        | 00000002 01 00000001 61 00 01 00000001 62 01 00000002",
                "named_struct('a', 1, 'b', cast(null as string)) | 01 00000001 00",
                "array(array(), array(named_struct('a', true)))  | 00000002 01 00000000 01 00000001 01 01 01",
                "parse_json('null')            | 00",
                "parse_json('[true,false]')    | 0d 00000002 02 01",
                "parse_json('258')             | 03 0000000000000102",
                "parse_json('2.50')            | 06 00000001 00000001 19",
                "parse_json('1e300')           | 04 7e37e43c8800759c",
                "parse_json('\"é\"')           | 07 00000002 c3a9",
                "parse_json('{\"b\":1,\"a\":[]}') | 0e 00000002 00000001 61 0d 00000000 00000001 62 03 0000000000000001",
                "to_variant_object(array(cast(1.5 as float))) | 0d 00000001 05 3fc00000",
                "cast(X'01' as variant)        | 08 00000001 01",
                "cast(date'1970-01-03' as variant) | 09 0000000000000002",
                "cast(timestamp'1970-01-01 00:00:01Z' as variant)    | 0a 00000000000f4240",
                "cast(timestamp_ntz'1970-01-01 00:00:01' as variant) | 0b 00000000000f4240",
            })
    void aValueHasTheDocumentedBytes(String sql, String hex) {
        assertThat(HexFormat.of().formatHex(bytes(spark().sql("select " + sql + " x"))))
                .isEqualTo("01" + hex.replace(" ", ""));
    }

    /** No function of SQL makes one. */
    @Test
    void aUuidInAVariantIsItsSixteenBytes() {
        VariantBuilder builder = new VariantBuilder(false);
        builder.appendUuid(UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"));
        ByteSink bytes = new ByteSink(ByteSink.MAX_BYTES);
        VariantEncoder.write(
                new VariantVal(builder.result().getValue(), builder.result().getMetadata()), bytes);
        assertThat(HexFormat.of().formatHex(bytes.array(), 0, bytes.size()))
                .isEqualTo("0c00112233445566778899aabbccddeeff");
    }

    @Test
    void aNullIsAByteOfEveryType() {
        assertThat(
                        bytes(
                                spark().sql(
                                                "select cast(null as int), cast(null as array<int>), null, cast(null as struct<a:int>)")))
                .containsExactly(0, 0, 0, 0);
    }

    /** The whole digest by the rules of the site's page alone, without any class of ours. */
    @Test
    void theDigestIsWhatItsDescriptionSays() throws Exception {
        Dataset<Row> data = spark().sql(
                        "select id, array(cast(id as float) / 2) x, cast(null as decimal(10,2)) d from range(0, 3, 1, 2)");
        BigInteger sum = BigInteger.ZERO;
        for (long id = 0; id < 3; id++) {
            long row = id;
            byte[] hash = sha256(out -> {
                out.writeByte(1);
                out.writeLong(row);
                out.writeByte(1);
                out.writeInt(1);
                out.writeByte(1);
                out.writeDouble(row / 2.0);
                out.writeByte(0);
            });
            sum = sum.add(new BigInteger(1, hash));
        }
        byte[] schema = sha256(out -> {
            out.writeBytes("spark-batchnorm-rows-1");
            out.writeInt(3);
            for (String text : List.of("id", "bigint", "x", "array", "double", "d", "decimal(10,2)")) {
                out.writeInt(text.length());
                out.write(text.getBytes(UTF_8));
            }
        });
        assertThat(RowDigest.of(data))
                .hasToString(String.format(
                        "rows-sha256:3-%s-%064x",
                        HexFormat.of().formatHex(schema, 0, 8), sum.mod(BigInteger.TWO.pow(256))))
                .hasToString(
                        "rows-sha256:3-c49787b57923f47f-ca7f9d54433e883d2d2f902c73bf8b9c0d18d0c243076f167c5e88c7bf49353f");
    }

    @FunctionalInterface
    private interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private static byte[] sha256(Content content) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        content.writeTo(new DataOutputStream(bytes));
        return MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
    }

    @Test
    void sumsWrapAtTwoToThePowerOf256() {
        BigInteger top = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);
        assertThat(new RowSum(1, top).plus(new RowSum(2, BigInteger.TWO))).isEqualTo(new RowSum(3, BigInteger.ONE));
        assertThat(new RowSum(1, top).plus(new RowSum(2, top))).isEqualTo(new RowSum(3, top.subtract(BigInteger.ONE)));
    }

    /** Sums of a partition carry from word to word as numbers of any size do. */
    @Test
    void aPartitionAddsUpAsBigNumbersDo() {
        Dataset<Row> data = spark().range(0, 1000, 1, 1).toDF();
        RowSum each = RowSum.NONE;
        RowHasher hasher = new RowHasher(data.schema());
        for (InternalRow row : new RowSource(data).rows().map(InternalRow::copy).collect()) {
            each = each.plus(new RowSum(1, new BigInteger(1, hasher.hash(row))));
        }
        assertThat(RowPass.sum(data)).isEqualTo(each);
        assertThat(each.rows()).isEqualTo(1000);
    }

    @Test
    void aTypeWithoutBytesIsRefusedByName() {
        StructType schema = new StructType().add("s", new StructType().add("g", GeometryType.apply(4326)));
        assertThatThrownBy(() -> new RowEncoder(schema))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column s.g: type geometry(4326) has no digest; expected SQL types other than that:"
                        + " cast the column, or drop it");
    }

    @Test
    void aRowThatIsTooLargeIsRefused() {
        ByteSink sink = new ByteSink(300);
        sink.append(new byte[296]);
        sink.putInt(1);
        assertThat(sink.size()).isEqualTo(300);
        assertThatThrownBy(() -> sink.putByte(1))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("a row of more than 300 bytes in the form that is hashed; expected smaller rows:"
                        + " select fewer columns");
    }
}
