package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The functions of moments give the bits of the door, however Spark runs them. */
class MomentsSqlTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    /** Rows with a tensor of each kind; the values are hard to sum in doubles. */
    @BeforeEach
    void makeRows() {
        spark().range(0, 400, 1, 4)
                .selectExpr("id", "id % 7 g", "1e8 + sin(id) a", "cast(cos(id * 3) as float) b", "id * 3 - 500 n")
                .selectExpr(
                        "*",
                        "array(a, double(b)) x",
                        "array(cast(a as float), b) f",
                        "array(n, id) i",
                        "array(array(a, 1d, b), array(b, 2d, a)) nested",
                        "array(a, b, a, b, a, b) flat",
                        "struct(a, n) s")
                .createOrReplaceTempView("t");
    }

    private Row one(String query) {
        List<Row> rows = spark().sql(query).collectAsList();
        assertThat(rows).hasSize(1);
        return rows.get(0);
    }

    private ChannelMoments door(String table, TensorOptions options) {
        return TensorDataset.of(spark().table(table), options).moments().whole();
    }

    @ParameterizedTest
    @CsvSource({"x", "f", "i", "nested", "flat"})
    void anAggregateHasTheBitsOfTheDoor(String column) {
        byte[] record = one("SELECT bn.moments_agg(" + column + ") FROM t").getAs(0);
        assertThat(record).isEqualTo(door("t", TensorOptions.column(column)).toRecord());
    }

    @Test
    void aStructIsAChannelInEachField() {
        byte[] record = one("SELECT bn.moments_agg(struct(a, n)) FROM t").getAs(0);
        assertThat(record)
                .isEqualTo(door("t", TensorOptions.channelColumns(List.of("a", "n")))
                        .toRecord());
        assertThat(one("SELECT bn.moments_agg(s) FROM t").<byte[]>getAs(0)).isEqualTo(record);
        assertThat(one("SELECT bn.moments_agg(array(a, n)) FROM t").<byte[]>getAs(0))
                .isEqualTo(record);
    }

    @Test
    void aSpecTellsTheShape() {
        byte[] first = one("SELECT bn.moments_agg(flat, '2,3') FROM t").getAs(0);
        byte[] last = one("SELECT bn.moments_agg(flat, ' 3, 2 channels-last ') FROM t")
                .getAs(0);
        TensorOptions flat = TensorOptions.column("flat");
        assertThat(first)
                .isEqualTo(door("t", flat.withShape(SampleShape.channelsFirst(2, 3)))
                        .toRecord());
        assertThat(last)
                .isEqualTo(door("t", flat.withShape(SampleShape.channelsLast(3, 2)))
                        .toRecord());
    }

    @Test
    void binaryIsOfTheTypeThatTheSpecNames() {
        spark().sql("SELECT unhex('0000803F00000040') y, unhex('000000000000F03F') z")
                .createOrReplaceTempView("bytes");
        assertThat(one("SELECT bn.moments_describe(bn.moments_agg(y)).mean FROM bytes")
                        .getList(0))
                .isEqualTo(List.of(1d, 2d));
        assertThat(one("SELECT bn.moments_describe(bn.moments_agg(z, 'float64')).mean FROM bytes")
                        .getList(0))
                .isEqualTo(List.of(1d));
    }

    @Test
    void groupsFiltersAndWindowsHaveTheBitsOfTheirRows() {
        for (Row row : spark().sql(
                        "SELECT g, bn.moments_agg(x), bn.moments_agg(x) FILTER (WHERE id < 100) FROM t GROUP BY g")
                .collectAsList()) {
            spark().table("t").where("g = " + row.getLong(0)).createOrReplaceTempView("part");
            assertThat(row.<byte[]>getAs(1))
                    .isEqualTo(door("part", TensorOptions.column("x")).toRecord());
            spark().table("part").where("id < 100").createOrReplaceTempView("part");
            assertThat(row.<byte[]>getAs(2))
                    .isEqualTo(door("part", TensorOptions.column("x")).toRecord());
        }
        Row last = one("SELECT * FROM (SELECT id, bn.moments_agg(x) OVER (ORDER BY id) m FROM t) WHERE id = 99");
        spark().table("t").where("id <= 99").createOrReplaceTempView("part");
        assertThat(last.<byte[]>getAs(1))
                .isEqualTo(door("part", TensorOptions.column("x")).toRecord());
    }

    /** Beyond 128 groups a task sorts its rows and sends serialized states. */
    @Test
    void manyGroupsHaveTheBitsOfFew() {
        String query = "SELECT id % 300 g, bn.moments_agg(x) m FROM t GROUP BY 1";
        byte[] merged =
                one("SELECT bn.moments_merge_agg(m) FROM (" + query + ")").getAs(0);
        assertThat(merged).isEqualTo(door("t", TensorOptions.column("x")).toRecord());
        assertThat(spark().sql(query).count()).isEqualTo(300);
    }

    @Test
    void momentsMergeAndSubtract() {
        Row row = one("SELECT bn.moments_merge(a, b), bn.moments_describe(bn.moments_subtract(all, b)),"
                + " bn.moments_describe(a), bn.moments_merge(a, NULL) FROM (SELECT bn.moments_agg(x) all,"
                + " bn.moments_agg(x) FILTER (WHERE id < 50) a, bn.moments_agg(x) FILTER (WHERE id >= 50) b FROM t)");
        assertThat(row.<byte[]>getAs(0))
                .isEqualTo(door("t", TensorOptions.column("x")).toRecord());
        Row difference = row.getStruct(1);
        Row first = row.getStruct(2);
        for (String key : List.of("num_features", "count", "mean", "variance", "sample_variance", "nan", "infinite")) {
            assertThat(difference.<Object>getAs(key)).as(key).isEqualTo(first.<Object>getAs(key));
        }
        assertThat(difference.<Object>getAs("min")).isNull();
        assertThat(first.getList(first.fieldIndex("min"))).hasSize(2);
        assertThat(row.isNullAt(3)).isTrue();
    }

    @Test
    void describeIsTheStatisticsOfTheDoor() {
        Row of = one("SELECT bn.describe_agg(x) FROM t").getStruct(0);
        var statistics = TensorDataset.of(spark().table("t"), TensorOptions.column("x"))
                .statistics()
                .whole();
        assertThat(of.<Integer>getAs("num_features")).isEqualTo(2);
        for (int c = 0; c < 2; c++) {
            assertThat(of.getList(of.fieldIndex("mean")).get(c)).isEqualTo(statistics.mean(c));
            assertThat(of.getList(of.fieldIndex("variance")).get(c)).isEqualTo(statistics.populationVariance(c));
            assertThat(of.getList(of.fieldIndex("sample_variance")).get(c)).isEqualTo(statistics.sampleVariance(c));
            assertThat(of.getList(of.fieldIndex("min")).get(c)).isEqualTo(statistics.min(c));
            assertThat(of.getList(of.fieldIndex("max")).get(c)).isEqualTo(statistics.max(c));
            assertThat(of.getList(of.fieldIndex("count")).get(c)).isEqualTo(400L);
        }
    }

    @Test
    void ignoreLeavesOutWhatIsNotFinite() {
        String rows = "(SELECT array(double(v)) x FROM VALUES ('1'), ('NaN'), ('3'), ('Infinity') AS t(v))";
        Row all = one("SELECT bn.describe_agg(x), bn.describe_agg(x, 'ignore'),"
                + " bn.moments_describe(bn.moments_agg(x), 'ignore') FROM " + rows);
        assertThat(all.getStruct(0).getList(2)).isEqualTo(List.of(Double.NaN));
        assertThat(all.getStruct(1).getList(2)).isEqualTo(List.of(2d));
        assertThat(all.getStruct(1).getList(1)).isEqualTo(List.of(2L));
        assertThat(all.getStruct(2)).isEqualTo(all.getStruct(1));
    }

    @Test
    void nullsAreNoSamples() {
        Row row = one(
                "SELECT bn.moments_agg(x), bn.describe_agg(x).count, bn.describe_agg(s).count, bn.moments_merge_agg(m)"
                        + " FROM (SELECT if(id < 2, x, null) x, struct(if(id = 0, null, a) a, n) s, cast(null as binary) m FROM t"
                        + " WHERE id < 5)");
        assertThat(row.getList(1)).isEqualTo(List.of(2L, 2L));
        assertThat(row.getList(2)).isEqualTo(List.of(4L, 5L));
        assertThat(row.isNullAt(3)).isTrue();
        assertThat(one("SELECT bn.moments_agg(x) FROM t WHERE false").isNullAt(0))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "moments_agg(id) | expected an array of numbers, a vector, binary or an image, or a struct of numbers",
                "moments_agg(array(1.5)) | cast to double",
                "moments_agg(x, 3) | expected moments_agg(x [, spec]), found (array<double>, int)",
                "moments_agg() | expected moments_agg(x [, spec]), found ()",
                "moments_merge_agg(x) | expected moments_merge_agg(moments), found (array<double>)",
                "moments_merge(x, x) | expected moments_merge(a, b)",
                "moments_describe(x) | expected moments_describe(moments [, spec])",
                "normalize(x) | expected normalize(x, moments [, spec] [, eps])",
                "normalize(x, x, x) | expected normalize(x, moments [, spec] [, eps])",
                "normalize(id, cast(null as binary)) | column x is of type bigint",
            })
    void wrongArgumentsAreErrorsOfTheAnalysis(String call, String message) {
        assertThatThrownBy(() -> spark().sql("SELECT bn." + call + " FROM t"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "moments_agg(flat, 'float16') | moments_agg: spec 'float16': 'float16' is not understood; expected any of float32",
                "moments_agg(flat, '2,3 3,2') | spec '2,3 3,2' has two words for the shape; expected one",
                "moments_agg(flat, '4,5') | column x: rows of length 6",
                "moments_agg(flat, 'float32') | dtype says what a binary column holds: leave the type out of spec",
                "moments_agg(if(id = 7, array(1d), x)) | expected one number of channels",
                "moments_agg(array(a, null)) | null element in 1 row; expected none: leave such rows out, or give a struct",
                "moments_agg(array(9007199254740993)) | integers beyond 2^53",
                "moments_merge_agg(unhex('01')) | moments_merge_agg: no result of moments_agg, which is expected: 1 bytes",
                "moments_describe(unhex('')) | moments_describe: no result of moments_agg, which is expected: 0 bytes",
            })
    void wrongRowsAreErrorsOfOneLine(String call, String message) {
        Dataset<Row> query = spark().sql("SELECT bn." + call + " FROM t");
        assertThatThrownBy(query::collectAsList).hasStackTraceContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "moments_merge(m, one) | moments_merge: a has moments of C = 2 and b of C = 1; expected one number of channels",
                "moments_subtract(one, m) | moments_subtract: a has moments of C = 1 and b of C = 2",
                "moments_merge_agg(r) | moments_merge_agg: moments of C = 2 and of C = 1 in one aggregate; expected one number of channels: group by what tells them apart",
                "moments_describe(m, if(id = 7, 'ignore', '')) | spec is '",
            })
    void momentsThatDoNotGoTogetherAreErrors(String call, String message) {
        Dataset<Row> query = spark().sql("SELECT bn." + call + " FROM (SELECT id, m, one, if(id = 0, m, one) r FROM"
                + " range(0, 20, 1, 1) CROSS JOIN (SELECT bn.moments_agg(x) m, bn.moments_agg(array(id)) one FROM t))");
        assertThatThrownBy(query::collectAsList).hasStackTraceContaining(message);
    }

    /** Of one partition, of several that meet only when their states merge, and where no spec is one of the two. */
    @ParameterizedTest
    @CsvSource({"1, '2'", "4, '2'", "4, ''", "4, NULL", "1, NULL"})
    void aSpecIsOneConstant(int partitions, String other) {
        String text = other.equals("NULL") ? "NULL" : "'" + other + "'";
        String spec = "if(id < 10, '2 ignore', " + text + ")";
        for (String call : List.of("describe_agg(x, " + spec + ")", "moments_agg(x, " + spec + ")")) {
            Dataset<Row> query = spark().sql("SELECT bn." + call
                    + " FROM (SELECT id, array(id, 1) x FROM range(0, 40, 1, " + partitions + "))");
            assertThatThrownBy(query::collectAsList)
                    .hasStackTraceContaining("spec is '")
                    .hasStackTraceContaining("'2 ignore'")
                    .hasStackTraceContaining("'" + (other.equals("NULL") ? "" : other) + "'")
                    .hasStackTraceContaining("expected one constant text");
        }
    }
}
