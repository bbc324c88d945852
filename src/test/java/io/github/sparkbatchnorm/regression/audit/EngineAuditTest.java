package io.github.sparkbatchnorm.regression.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.regression.audit.AuditData.Input;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.Aggregator;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EngineAuditTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final List<Input> X = List.of(new Input("x", "small", "three numbers"));

    /** How many values a function has seen that breaks after so many. */
    private static final AtomicInteger SEEN = new AtomicInteger();

    private static AuditData small(SparkSession session) {
        return new AuditData(session.sql("select double(id) as x from range(3)"), X, null);
    }

    private static AuditLine line(List<AuditLine> lines, String data, String function, boolean byGroup) {
        return lines.stream()
                .filter(line ->
                        line.data().equals(data) && line.function().equals(function) && line.groups() > 0 == byGroup)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theCasesShowWhatSparkAnswersAndThatOursIsExact(@TempDir Path folder) {
        AuditData cases = AuditCases.in(spark(), folder.resolve("cases").toString());
        List<AuditLine> lines = new EngineAudit(spark(), 2).run(List.of(cases));
        assertThat(lines).hasSize(8 * (10 + 8));
        requireOursAndOperators(lines);

        AuditLine two = line(lines, "1e16, 1e16+2", "var_pop", false);
        assertThat(two.rows()).isEqualTo(2);
        assertThat(two.engine().exact()).hasToString("1.0");
        // Deviations -2, 0, 2, 0 of the mean 1e16+2.
        AuditLine four = line(lines, "1e16 + 0, 2, 4, 2", "var_pop", false);
        assertThat(four.engine().exact()).hasToString("2.0");
        assertThat(four.engine().found().number()).isGreaterThan(2.5);
        assertThat(four.engine().error().ulps()).isGreaterThan(1L << 50);
        AuditLine sum = line(lines, "1e16, 1, -1e16, 1", "sum", true);
        assertThat(sum.groups()).isEqualTo(11);
        assertThat(sum.engine().isExact()).isFalse();
        assertThat(line(lines, "1e16, 1, -1e16, 1", "sum", false).engine().exact())
                .hasToString("5000.0");
        assertThat(line(lines, "1e16 and 9,999 ones", "sum", false).engine().exact())
                .hasToString("1.000000000001E16"); // 1e16+9999 is between two doubles
        assertThat(line(lines, "float32", "sum", false).engine().isExact()).isTrue();
        assertThat(line(lines, "0.1, 10,000 times", "var_pop", false).engine().exact())
                .hasToString("0.0");
        // The order of merges shows.
        assertThat(line(lines, "1e9 + [0,1)", "var_pop", false).engine().differentAnswers())
                .isEqualTo(2);
        // Words that Spark defines are no errors.
        assertThat(lines)
                .filteredOn(line ->
                        line.data().startsWith("NaN") && !line.function().contains("."))
                .hasSize(12)
                .allMatch(line -> line.engine().isExact());
    }

    private static void requireOursAndOperators(List<AuditLine> lines) {
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.rows()).isPositive();
            assertThat(line.engine().operators())
                    .contains("Exchange")
                    .containsAnyOf("HashAggregate", "ObjectHashAggregate")
                    .anyMatch(name -> name.startsWith("Scan parquet"));
            assertThat(line.ours() == null).isEqualTo(line.function().matches("stddev.*|.*std"));
            if (line.ours() != null) {
                assertThat(line.ours().error()).isEqualTo(AuditError.NONE);
                assertThat(line.ours().differentAnswers()).isOne();
            }
        });
    }

    @Test
    void aWrongEngineIsToldAndAFailingOneDoesNotEndTheAudit() {
        SparkSession session = spark().newSession();
        session.udf().register("var_pop", functions.udaf(new Negative(), Encoders.DOUBLE()));
        session.udf().register("sum", functions.udaf(new Failing(), Encoders.DOUBLE()));
        List<AuditLine> lines = new EngineAudit(session, 1).run(List.of(small(session)));
        assertThat(line(lines, "small", "var_pop", false).engine().error()).hasToString("negative");
        AuditLine sum = line(lines, "small", "sum", false);
        assertThat(sum.engine().found()).hasToString("failed: IllegalStateException: no sums on this device");
        assertThat(sum.isOursExact()).isTrue();
        assertThat(line(lines, "small", "avg", false).engine().isExact()).isTrue();
        assertThat(AuditLine.exceeding(lines, Long.MAX_VALUE))
                .extracting(AuditLine::function)
                .containsExactly("sum", "var_pop");
    }

    @Test
    void rowsThatCannotBeReadAreALine() {
        Dataset<Row> broken =
                small(spark()).rows().withColumn("x", brokenAfter(0).apply(functions.col("x")));
        List<AuditLine> lines = new EngineAudit(spark(), 1).run(List.of(new AuditData(broken, X, null)));
        assertThat(lines).singleElement().satisfies(line -> {
            assertThat(line.function()).isEqualTo("rows");
            assertThat(line.rows()).isEqualTo(-1);
            assertThat(line.engine().found()).hasToString("failed: IllegalStateException: broken");
        });
        assertThat(AuditLine.exceeding(lines, Long.MAX_VALUE)).hasSize(1);
    }

    @Test
    void rowsThatCanBeReadOnlyOnceMakeOursFailToo() {
        Dataset<Row> broken =
                small(spark()).rows().withColumn("x", brokenAfter(3).apply(functions.col("x")));
        List<AuditLine> lines = new EngineAudit(spark(), 1).run(List.of(new AuditData(broken, X, null)));
        assertThat(lines)
                .hasSize(10)
                .allSatisfy(line -> assertThat(line.engine().error()).hasToString("failed"));
        assertThat(lines)
                .filteredOn(line -> line.ours() != null)
                .hasSize(7)
                .noneMatch(AuditLine::isOursExact)
                .allSatisfy(
                        line -> assertThat(line.ours().found()).hasToString("failed: IllegalStateException: broken"));
    }

    private static org.apache.spark.sql.expressions.UserDefinedFunction brokenAfter(int values) {
        SEEN.set(-values);
        UDF1<Double, Double> function = x -> {
            if (SEEN.incrementAndGet() > 0) {
                throw new IllegalStateException("broken");
            }
            return x;
        };
        return functions.udf(function, DataTypes.DoubleType).asNondeterministic();
    }

    @Test
    void theSettingForSamplesOfOneValueCounts() {
        SparkSession session = spark().newSession();
        session.conf().set("spark.sql.legacy.statisticalAggregate", "true");
        AuditData one = new AuditData(session.sql("select double(id) as x from range(1)"), X, null);
        AuditLine line = line(new EngineAudit(session, 1).run(List.of(one)), "small", "var_samp", false);
        assertThat(line.engine().found()).hasToString("NaN");
        assertThat(line.engine().isExact()).isTrue();
    }

    @Test
    void columnsWithoutValuesAreNullInSqlAndNoQuestionForVectors() {
        AuditData none = new AuditData(spark().sql("select double(null) as x, 'a' as g from range(2)"), X, "g");
        List<AuditLine> lines = new EngineAudit(spark(), 1).run(List.of(none));
        assertThat(lines).hasSize(6 + 6).allMatch(line -> line.engine().isExact() && line.isOursExact());
        assertThat(lines).extracting(line -> line.engine().found().toString()).containsOnly("null");
    }

    @Test
    void noRowsHaveNoGroups() {
        AuditData none = new AuditData(spark().sql("select double(id) as x, id as g from range(0)"), X, "g");
        assertThat(new EngineAudit(spark(), 1).run(List.of(none)))
                .hasSize(6)
                .allMatch(line -> line.rows() == 0 && line.groups() == 0)
                .allMatch(line -> line.engine().isExact() && line.isOursExact());
    }

    @Test
    void theDescriptionOfJobsIsThatOfBefore() {
        spark().sparkContext().setJobDescription("mine");
        try {
            new EngineAudit(spark(), 1).run(List.of());
            assertThat(spark().sparkContext().getLocalProperty("spark.job.description"))
                    .isEqualTo("mine");
        } finally {
            spark().sparkContext().setJobDescription(null);
        }
    }

    @Test
    void aRowWithoutAGroupIsAnError() {
        Dataset<Row> rows = spark().sql("select double(id) as x, if(id < 2, id, null) as g from range(5)");
        assertThatThrownBy(() -> new EngineAudit(spark(), 1).run(List.of(new AuditData(rows, X, "g"))))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("audit: column g is null in 3 rows; expected a group in each: leave these rows out");
    }

    @Test
    void dataThatCannotBeAuditedIsRefused() {
        Dataset<Row> rows = spark().sql("select id, double(id) as x, double(id) as g from range(1)");
        assertThatThrownBy(() -> new AuditData(rows, List.of(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("audit of no columns; expected one or more");
        assertThatThrownBy(() -> new AuditData(rows, List.of(new Input("y", "y", "")), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("audit: no column y; the data has id, x, g");
        assertThatThrownBy(() -> new AuditData(rows, List.of(new Input("id", "id", "")), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("audit: column id is bigint; expected float or double: cast it");
        assertThatThrownBy(() -> new AuditData(rows, X, "g"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("audit: column g is double; expected an integer, string or date to group by");
        assertThatThrownBy(() -> new EngineAudit(spark(), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("audit with 0 runs; expected 1 or more");
    }

    /** In place of a function of Spark's, as a plugin does it. */
    private static class Negative extends Aggregator<Double, Double, Double> {
        private static final long serialVersionUID = 1L;

        @Override
        public Double zero() {
            return 0.0;
        }

        @Override
        public Double reduce(Double buffer, Double value) {
            return value;
        }

        @Override
        public Double merge(Double one, Double other) {
            return other;
        }

        @Override
        public Double finish(Double buffer) {
            return -1e-300;
        }

        @Override
        public Encoder<Double> bufferEncoder() {
            return Encoders.DOUBLE();
        }

        @Override
        public Encoder<Double> outputEncoder() {
            return Encoders.DOUBLE();
        }
    }

    private static final class Failing extends Negative {
        private static final long serialVersionUID = 1L;

        @Override
        public Double reduce(Double buffer, Double value) {
            throw new IllegalStateException("no sums on this device");
        }
    }
}
