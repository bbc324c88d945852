package io.github.sparkbatchnorm.sql.number;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The functions in queries of Spark: the exact numbers, and NULL, NaN and infinities as Spark's own functions have. */
class NumberFunctionsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final double NAN = Double.NaN;
    private static final double INF = Double.POSITIVE_INFINITY;

    private static final List<NumberStatistic> STATISTICS = List.of(NumberStatistic.values());

    private transient SparkSession session;

    @BeforeEach
    void openASession() {
        session = spark().newSession();
    }

    /** All six functions of an expression, in their order, each followed by a clause. */
    private static String all(String expression, String clause) {
        return STATISTICS.stream()
                .map(s -> "bn." + s.function() + "(" + expression + ")" + clause)
                .collect(joining(", "));
    }

    /** The same of Spark's own functions. */
    private static String sparks(String expression) {
        return STATISTICS.stream()
                .map(s -> s.function().substring("exact_".length()) + "(" + expression + ")")
                .collect(joining(", "));
    }

    private Row first(String query) {
        return session.sql(query).first();
    }

    /** Asserts that six columns of a row are the exact numbers. */
    private static void assertExact(Row row, int from, List<BigDecimal> numbers) {
        for (int i = 0; i < STATISTICS.size(); i++) {
            assertThat(row.<Double>getAs(from + i))
                    .as("%s of %s", STATISTICS.get(i), numbers)
                    .isEqualTo(ExactNumbers.of(STATISTICS.get(i), numbers));
        }
    }

    private static List<BigDecimal> exact(double... numbers) {
        return DoubleStream.of(numbers).mapToObj(BigDecimal::new).toList();
    }

    private Dataset<Row> doubles(double... numbers) {
        return session.createDataset(DoubleStream.of(numbers).boxed().toList(), Encoders.DOUBLE())
                .toDF("x");
    }

    @Test
    void allNumbersOfEveryTypeAreExact() {
        assertExact(
                first("select " + all("x", "") + " from values (1e16D), (1D), (-1e16D), (NULL), (0.1D) t(x)"),
                0,
                exact(1e16, 1, -1e16, 0.1));
        assertExact(
                first("select " + all("x", "") + " from values (1e30F), (0.1F), (-1e30F), (NULL) t(x)"),
                0,
                exact(1e30f, 0.1f, -1e30f));
        for (String type : new String[] {"TINYINT", "SMALLINT", "INT", "BIGINT"}) {
            assertExact(
                    first("select " + all("cast(x as " + type + ")", "")
                            + " from values (7), (-128), (127), (NULL) t(x)"),
                    0,
                    exact(7, -128, 127));
        }
        assertExact(
                first("select " + all("x", "") + " from values (9223372036854775807), (9223372036854775807),"
                        + " (-9223372036854775807), (9007199254740993) t(x)"),
                0,
                Stream.of(Long.MAX_VALUE, Long.MAX_VALUE, -Long.MAX_VALUE, 9007199254740993L)
                        .map(BigDecimal::valueOf)
                        .toList());
    }

    @Test
    void nullsNonFiniteNumbersAndTooFewAreAsInSparksFunctions() {
        List<Row> rows = new ArrayList<>();
        double[][] cases = {
            {},
            {2.5},
            {2.5, 4},
            {-0.0},
            {-0.0, -0.0},
            {NAN},
            {INF},
            {-INF},
            {NAN, 1},
            {INF, 1},
            {-INF, 1, 2},
            {INF, INF},
            {INF, -INF},
            {NAN, INF, -INF, 1}
        };
        for (int i = 0; i < cases.length; i++) {
            rows.add(RowFactory.create(i, null));
            for (double x : cases[i]) {
                rows.add(RowFactory.create(i, x));
            }
        }
        StructType schema = new StructType().add("k", DataTypes.IntegerType).add("x", DataTypes.DoubleType);
        session.createDataFrame(rows, schema).createOrReplaceTempView("cases");
        List<Row> found = session.sql("select k, " + all("x", "") + ", " + sparks("x") + " from cases group by k")
                .collectAsList();
        assertThat(found).hasSize(cases.length);
        for (Row row : found) {
            assertLikeSparks(Arrays.toString(cases[row.getInt(0)]), row, 1);
        }
        assertLikeSparks(
                "no rows", first("select " + all("x", "") + ", " + sparks("x") + " from cases where k > 99"), 0);
        assertLikeSparks("NULL", first("select " + all("NULL", "") + ", " + sparks("NULL") + " from cases"), 0);
    }

    /** Asserts that six columns are null, NaN or infinite where the next six are, and else about equal. */
    private static void assertLikeSparks(String of, Row row, int from) {
        for (int i = 0; i < STATISTICS.size(); i++) {
            NumberStatistic statistic = STATISTICS.get(i);
            @Nullable Double ours = row.getAs(from + i);
            @Nullable Double sparks = row.getAs(from + STATISTICS.size() + i);
            if (ours == null || sparks == null || !Double.isFinite(sparks)) {
                assertThat(ours).as("%s of %s", statistic, of).isEqualTo(sparks);
            } else {
                assertThat(ours).as("%s of %s", statistic, of).isCloseTo(sparks, within(1e-12));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void orderAndPartitionsChangeNoBit(int partitions) {
        List<Double> numbers = new ArrayList<>(new Random(3)
                .doubles(3000)
                .map(x -> Math.scalb(x - 0.5, (int) (x * 1e6) % 60))
                .boxed()
                .toList());
        List<BigDecimal> exact = numbers.stream().map(BigDecimal::new).toList();
        Collections.shuffle(numbers, new Random(partitions));
        session.createDataset(numbers, Encoders.DOUBLE())
                .repartition(partitions)
                .toDF("x")
                .createOrReplaceTempView("t");
        assertExact(first("select " + all("x", "") + " from t"), 0, exact);
    }

    @Test
    void moreGroupsThanAHashMapTakesAreExact() {
        Random random = new Random(5);
        List<Row> rows = new ArrayList<>();
        TreeMap<Integer, List<BigDecimal>> doubles = new TreeMap<>();
        TreeMap<Integer, List<BigDecimal>> integers = new TreeMap<>();
        for (int i = 0; i < 4000; i++) {
            int group = random.nextInt(700);
            double x = random.nextGaussian();
            long l = random.nextLong();
            rows.add(RowFactory.create(group, x, l));
            doubles.computeIfAbsent(group, g -> new ArrayList<>()).add(new BigDecimal(x));
            integers.computeIfAbsent(group, g -> new ArrayList<>()).add(BigDecimal.valueOf(l));
        }
        StructType schema = new StructType()
                .add("g", DataTypes.IntegerType)
                .add("x", DataTypes.DoubleType)
                .add("l", DataTypes.LongType);
        session.createDataFrame(rows, schema).createOrReplaceTempView("t");
        List<Row> found = session.sql("select g, " + all("x", "") + ", " + all("l", "") + " from t group by g")
                .collectAsList();
        assertThat(found).hasSameSizeAs(doubles.keySet());
        for (Row row : found) {
            assertExact(row, 1, doubles.get(row.getInt(0)));
            assertExact(row, 7, integers.get(row.getInt(0)));
        }
    }

    @Test
    void filterAndDistinctChooseNumbers() {
        doubles(0.1, 0.1, 1e17, -1e17, 5).createOrReplaceTempView("t");
        assertExact(first("select " + all("x", " filter (where x < 1)") + " from t"), 0, exact(0.1, 0.1, -1e17));
        assertExact(first("select " + all("distinct x", "") + " from t"), 0, exact(0.1, 1e17, -1e17, 5));
        assertExact(first("from t |> where x > 1 |> aggregate " + all("x", "")), 0, exact(1e17, 5));
    }

    @ParameterizedTest
    @CsvSource({
        "rows between unbounded preceding and current row, -1000, 0",
        "rows between 3 preceding and 1 following, -3, 1",
        "rows between current row and unbounded following, 0, 1000",
        "range between 2 preceding and 1 preceding, -2, -1",
        "range between unbounded preceding and 4 following, -1000, 4"
    })
    void everyFrameOfAWindowIsExact(String frame, int from, int to) {
        double[] x = new Random(9).doubles(40, -1e9, 1e9).toArray();
        x[20] = 1e25;
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < x.length; i++) {
            rows.add(RowFactory.create(i, x[i]));
        }
        session.createDataFrame(
                        rows, new StructType().add("i", DataTypes.IntegerType).add("x", DataTypes.DoubleType))
                .createOrReplaceTempView("t");
        List<Row> found = session.sql("select i, " + all("x", " over (order by i " + frame + ")") + " from t")
                .collectAsList();
        assertThat(found).hasSize(x.length);
        for (Row row : found) {
            int i = row.getInt(0);
            int end = Math.min(x.length, i + to + 1);
            int start = Math.min(Math.max(0, i + from), Math.max(0, end));
            assertExact(row, 1, exact(Arrays.copyOfRange(x, start, Math.max(start, end))));
        }
    }

    @Test
    @Tag("full")
    void statesOfAStreamAreKeptBetweenItsBatches(@TempDir Path folder) throws Exception {
        session.range(0, 900, 1, 3)
                .selectExpr("id % 7 g", "double(id) * id / 3 x", "id * 9007199254740993 l")
                .write()
                .parquet(folder.resolve("in").toString());
        Dataset<Row> all = session.read().parquet(folder.resolve("in").toString());
        String query = "select g, " + all("x", "") + ", " + all("l", "") + " from %s group by g";
        session.readStream()
                .schema(all.schema())
                .option("maxFilesPerTrigger", 1)
                .parquet(folder.resolve("in").toString())
                .createOrReplaceTempView("stream");
        all.createOrReplaceTempView("t");
        List<List<Row>> batches = new ArrayList<>();
        StreamingQuery stream = session.sql(query.formatted("stream"))
                .writeStream()
                .foreachBatch((batch, id) -> {
                    batches.add(batch.collectAsList());
                })
                .outputMode("complete")
                .option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(Trigger.AvailableNow())
                .start();
        stream.awaitTermination();
        assertThat(batches).hasSize(3);
        assertThat(batches.get(2))
                .hasSize(7)
                .containsExactlyInAnyOrderElementsOf(
                        session.sql(query.formatted("t")).collectAsList());
    }

    @Test
    void otherTypesAreErrorsThatSayWhatToDo() {
        assertRefused(
                "bn.exact_sum(1.5)",
                "exact_sum of DECIMAL(2,1); expected TINYINT, SMALLINT, INT, BIGINT, FLOAT or DOUBLE: cast it to the"
                        + " nearest doubles, exact_sum(CAST(x AS DOUBLE)), or to integers");
        assertRefused(
                "bn.exact_avg('1')",
                "exact_avg of STRING; expected TINYINT, SMALLINT, INT, BIGINT, FLOAT or DOUBLE: cast it to the nearest"
                        + " doubles, exact_avg(CAST(x AS DOUBLE)), or to integers");
        assertRefused("bn.exact_var_pop(array(1D))", "exact_var_pop of ARRAY<DOUBLE>; expected TINYINT");
        assertRefused("bn.exact_var_samp(true)", "exact_var_samp of BOOLEAN; expected TINYINT");
        assertRefused("bn.exact_stddev_pop(date'2020-01-01')", "exact_stddev_pop of DATE; expected TINYINT");
        assertRefused(
                "bn.exact_stddev_samp(1, 2)",
                "exact_stddev_samp of 2 arguments; expected 1, a column of TINYINT, SMALLINT, INT, BIGINT, FLOAT or DOUBLE");
    }

    private void assertRefused(String call, String message) {
        assertThatThrownBy(() -> session.sql("select " + call))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining(message);
    }

    @Test
    void resultsAreDoublesThatMayBeNull() {
        for (String expression : new String[] {"1", "1D", "NULL", "cast(1 as bigint)"}) {
            Dataset<Row> result = session.sql("select " + all(expression, ""));
            assertThat(result.schema().fields())
                    .hasSize(6)
                    .allMatch(field -> field.dataType().equals(DataTypes.DoubleType) && field.nullable());
        }
    }

    @ParameterizedTest
    @EnumSource
    void functionsAreValuesWithShortNames(NumberStatistic statistic) {
        UnboundFunction function = NumberFunctions.all().get(STATISTICS.indexOf(statistic));
        assertThat(function.name()).isEqualTo(statistic.function());
        assertThat(function).hasToString(function.name());
        assertThat(function.description())
                .startsWith(function.name() + "(x): the ")
                .doesNotContain("\n");
        NumberAggregate ofIntegers = bind(function, DataTypes.IntegerType);
        NumberAggregate ofDoubles = bind(function, DataTypes.FloatType);
        assertThat(ofIntegers)
                .isEqualTo(bind(function, DataTypes.LongType))
                .hasSameHashCodeAs(bind(function, DataTypes.ByteType))
                .isNotEqualTo(ofDoubles)
                .hasToString(function.name());
        assertThat(ofIntegers.canonicalName()).isEqualTo("spark-batchnorm." + function.name() + "(bigint)");
        assertThat(ofDoubles.canonicalName()).isEqualTo("spark-batchnorm." + function.name() + "(double)");
    }

    private static NumberAggregate bind(UnboundFunction function, DataType type) {
        return (NumberAggregate) function.bind(new StructType().add("x", type));
    }
}
