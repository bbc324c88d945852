package io.github.sparkbatchnorm.spark;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The digest of rows: what does not change it, and that everything else does. */
final class RowDigestTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    /** In SQL, of id from 0 to 99. */
    private static final String[] COLUMNS = {
        "id",
        "cast(id / 3 as float) f",
        "array(sin(id), cast('NaN' as double), null, -0d) x",
        "if(id % 7 = 0, null, named_struct('a', cast(id as string), 'b', map(id, 'x', -id - 1, 'y'))) s",
        "cast(id / 8 as decimal(20,3)) d",
        "timestamp_micros(id * 1000003) t",
    };

    @TempDir
    Path folder;

    private Dataset<Row> data() {
        return spark().range(0, 100, 1, 3).selectExpr(COLUMNS);
    }

    private Dataset<Row> sql(String query) {
        return spark().sql(query);
    }

    private static RowDigest digest(Dataset<?> data) {
        return RowDigest.of(data);
    }

    @Test
    void orderPartitionsAndFilesDoNotChangeIt() {
        RowDigest digest = digest(data());
        assertThat(digest.rows()).isEqualTo(100);
        assertThat(digest(data())).isEqualTo(digest).hasSameHashCodeAs(digest);
        assertThat(Stream.of(
                        data().repartition(7),
                        data().repartition(150, col("id")),
                        data().coalesce(1),
                        data().orderBy(col("id").desc()),
                        data().persist(),
                        data().where("id < 50").union(data().where("id >= 50"))))
                .allSatisfy(same -> assertThat(digest(same)).isEqualTo(digest));
        spark().catalog().clearCache();
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "orc"})
    void filesGiveTheSameDigest(String format) {
        String path = folder.resolve(format).toString();
        data().write().format(format).save(path);
        assertThat(digest(spark().read().format(format).load(path))).isEqualTo(digest(data()));
    }

    @Test
    void settingsOfTheSessionDoNotChangeIt() {
        Dataset<Row> dates = sql("select date'1582-10-04' d, timestamp'1582-10-04 12:00:00Z' t, 1.50 n, map(1, 2) m");
        RowDigest digest = digest(dates);
        for (String setting : List.of(
                "spark.sql.session.timeZone=America/Los_Angeles",
                "spark.sql.datetime.java8API.enabled=true",
                "spark.sql.codegen.wholeStage=false",
                "spark.sql.ansi.enabled=false",
                "spark.sql.codegen.maxFields=2")) {
            String[] pair = setting.split("=", 2);
            String before = spark().conf().get(pair[0]);
            spark().conf().set(pair[0], pair[1]);
            try {
                assertThat(digest(sql(
                                "select date'1582-10-04' d, timestamp'1582-10-04 12:00:00Z' t, 1.50 n, map(1, 2) m")))
                        .describedAs(setting)
                        .isEqualTo(digest);
            } finally {
                spark().conf().set(pair[0], before);
            }
        }
    }

    /** Every change that must show: a column of the data, and what stands in its place. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "id | if(id = 5, 6, id) id",
                "f | cast(id / 3 + if(id = 5, 1.2e-7, 0) as float) f",
                "x | array(sin(id), cast('NaN' as double), null, if(id = 5, 0d, -0d)) x",
                "x | array(sin(id), null, cast('NaN' as double), -0d) x",
                "x | array(sin(id), cast('NaN' as double), 0, -0d) x",
                "x | if(id = 5, array(), array(sin(id), cast('NaN' as double), null, -0d)) x",
                "s | if(id % 7 = 1, null, named_struct('a', cast(id as string), 'b', map(id, 'x', -id - 1, 'y'))) s",
                "s | if(id % 7 = 0, null, named_struct('a', cast(id as string), 'b', map(id, 'y', -id - 1, 'x'))) s",
                "t | timestamp_micros(id * 1000003 + if(id = 5, 1, 0)) t",
                "d | cast(id / 8 + if(id = 5, 0.001, 0) as decimal(20,3)) d",
                "f | cast(case id when 5 then 6 when 6 then 5 else id end / 3 as float) f",
            })
    void aChangedValueChangesTheSumAlone(String column, String changed) {
        String[] columns = Stream.of(COLUMNS)
                .map(c -> c.endsWith(" " + column) || c.equals(column) ? changed : c)
                .toArray(String[]::new);
        RowDigest found = digest(spark().range(0, 100, 1, 3).selectExpr(columns));
        RowDigest expected = digest(data());
        assertThat(found.schema()).isEqualTo(expected.schema());
        assertThat(found.rows()).isEqualTo(100);
        assertThat(found).isNotEqualTo(expected);
    }

    @Test
    void aRowLostOrDoubledChangesTheNumberOfRows() {
        assertThat(digest(data().where("id <> 5")).rows()).isEqualTo(99);
        assertThat(digest(data().union(data().where("id = 5"))).rows()).isEqualTo(101);
        RowDigest exchanged = digest(data().where("id <> 5").union(data().where("id = 6")));
        assertThat(exchanged.rows()).isEqualTo(100);
        assertThat(exchanged).isNotEqualTo(digest(data()));
    }

    @Test
    void aColumnRenamedMovedOrOfAnotherTypeChangesTheSchema() {
        String schema = digest(data()).schema();
        assertThat(Stream.of(
                        data().withColumnRenamed("id", "ID"),
                        data().select("f", "id", "x", "s", "d", "t"),
                        data().drop("d"),
                        data().withColumn("f", col("f").cast("double")),
                        data().withColumn("d", col("d").cast("decimal(21,3)")),
                        data().withColumn("t", col("t").cast("timestamp_ntz")),
                        data().withColumn("s", col("s").cast("struct<a:string,c:map<bigint,string>>"))))
                .allSatisfy(other -> assertThat(digest(other).schema()).isNotEqualTo(schema));
        // Two columns of one type change places: only the rows tell.
        Dataset<Row> swapped = sql("select id a, id + 1 b from range(3)");
        Dataset<Row> moved = sql("select id + 1 a, id b from range(3)");
        assertThat(digest(swapped).schema()).isEqualTo(digest(moved).schema());
        assertThat(digest(swapped)).isNotEqualTo(digest(moved));
    }

    @Test
    void whatFilesLoseDoesNotCount() {
        Dataset<Row> strict = spark().range(3).toDF();
        Dataset<Row> loose = spark().createDataFrame(
                        strict.toJavaRDD(), new StructType().add("id", DataTypes.LongType, true, "a comment"));
        assertThat(strict.schema()).isNotEqualTo(loose.schema());
        assertThat(digest(loose)).isEqualTo(digest(strict));
    }

    @Test
    void numbersAreComparedByTheirBitsAndNanIsNan() {
        Dataset<Row> nan = spark().createDataFrame(
                        List.of(RowFactory.create(
                                Double.longBitsToDouble(0xfff8_0000_0000_0001L), Float.intBitsToFloat(0x7fc0_0001))),
                        new StructType().add("x", DataTypes.DoubleType).add("y", DataTypes.FloatType));
        assertThat(digest(nan)).isEqualTo(digest(sql("select double('NaN') x, float('NaN') y")));
        assertThat(digest(sql("select -0d x"))).isNotEqualTo(digest(sql("select 0d x")));
        assertThat(digest(sql("select cast(null as int) x"))).isNotEqualTo(digest(sql("select 0 x")));
        assertThat(digest(sql("select '' x"))).isNotEqualTo(digest(sql("select cast(null as string) x")));
    }

    @Test
    void theOrderOfAMapDoesNotCount() {
        assertThat(digest(sql("select map('b', 2, 'a', 1) m"))).isEqualTo(digest(sql("select map('a', 1, 'b', 2) m")));
    }

    @Test
    void aVariantIsItsValueHoweverItWasBuilt() {
        assertThat(digest(sql("select parse_json('{\"b\":[1,2.50,null],\"a\":{\"c\":true}}') v")))
                .isEqualTo(digest(sql("select parse_json('{\"a\":{\"c\":true},\"b\":[1,2.5,null]}') v")))
                .isNotEqualTo(digest(sql("select parse_json('{\"a\":{\"c\":true},\"b\":[1,null,2.5]}') v")));
    }

    /** Parquet may keep a variant in parts, and make it again. */
    @Test
    void parquetKeepsVariants() throws IOException {
        Dataset<Row> data = spark().range(0, 100, 1, 2)
                .selectExpr(
                        "parse_json(concat('{\"b\":', id, ',\"a\":[', id / 4, ',\"', id, '\"],\"', id % 3, '\":null}')) v");
        String path = folder.resolve("variants").toString();
        List<String> settings =
                List.of("spark.sql.variant.writeShredding.enabled", "spark.sql.variant.inferShreddingSchema");
        for (String inParts : List.of("false", "true")) {
            settings.forEach(setting -> spark().conf().set(setting, inParts));
            data.write().mode("overwrite").parquet(path);
            settings.forEach(setting -> spark().conf().unset(setting));
            Dataset<Row> read = spark().read().parquet(path);
            assertThat(String.join("", contents(read.inputFiles())).contains("typed_value"))
                    .isEqualTo(inParts.equals("true"));
            assertThat(digest(read)).isEqualTo(digest(data));
        }
    }

    private static List<String> contents(String[] files) throws IOException {
        List<String> contents = new ArrayList<>();
        for (String file : files) {
            contents.add(Files.readString(Path.of(URI.create(file)), StandardCharsets.ISO_8859_1));
        }
        return contents;
    }

    /** Sparse vectors are stored otherwise than dense ones, and take another way through a pipeline. */
    @Test
    void vectorsDifferByTheirForm() {
        StructType schema = new StructType().add("v", SQLDataTypes.VectorType());
        var dense = Vectors.dense(0, 1, 0);
        RowDigest expected = digest(spark().createDataFrame(List.of(RowFactory.create(dense)), schema));
        assertThat(digest(spark().createDataFrame(List.of(RowFactory.create(dense.toSparse())), schema)))
                .isNotEqualTo(expected)
                .extracting(RowDigest::schema)
                .isEqualTo(expected.schema());
    }

    @Test
    void noRowsHaveADigest() {
        RowDigest none = digest(data().limit(0));
        assertThat(none.rows()).isZero();
        assertThat(none.schema()).isEqualTo(digest(data()).schema());
        assertThat(none.toString()).endsWith("-" + "0".repeat(64));
        assertThat(digest(spark().emptyDataFrame()).rows()).isZero();
    }

    @Test
    void digestsOfPartsCombineToThatOfTheWhole() {
        RowDigest some = digest(data().where("id < 17"));
        RowDigest others = digest(data().where("id >= 17"));
        assertThat(some.combine(others)).isEqualTo(others.combine(some)).isEqualTo(digest(data()));
        assertThatThrownBy(() -> some.combine(digest(data().drop("d"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("of rows of the schemas " + some.schema() + " and ")
                .hasMessageEndingWith("; expected one schema");
    }

    @Test
    void textComesBack() {
        RowDigest digest = digest(data());
        assertThat(RowDigest.parse(digest.toString())).isEqualTo(digest);
        assertThat(digest.toString()).matches("rows-sha256:100-[0-9a-f]{16}-[0-9a-f]{64}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sha256:00", "rows-sha256:01-0123456789abcdef-", "rows-sha256:1-x-y"})
    void aTextThatIsNoDigestIsRefused(String text) {
        assertThatThrownBy(() -> RowDigest.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "'" + text
                                + "' is no digest of rows; expected rows-sha256:ROWS-SCHEMA-SUM with 16 and 64 hexadecimal digits");
    }

    @ParameterizedTest
    @EnumSource
    void serializersGiveItBack(Serializers serializer) {
        RowDigest digest = digest(data());
        assertThat(serializer.roundTrip(digest)).isEqualTo(digest);
    }

    @Test
    void theCallersJobDescriptionComesBack() {
        spark().sparkContext().setJobDescription("the caller's");
        try {
            digest(data());
            assertThat(spark().sparkContext().getLocalProperty("spark.job.description"))
                    .isEqualTo("the caller's");
        } finally {
            spark().sparkContext().setJobDescription(null);
        }
    }
}
