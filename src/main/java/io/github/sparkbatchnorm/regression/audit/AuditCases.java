package io.github.sparkbatchnorm.regression.audit;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * Small data on which engines are known to differ, or could: two tables with a column for each case, since a query
 * about all columns costs little more than one about a single column.
 *
 * <p>Each value is an expression of a row's number whose result is the same in any engine: constants, integers, and one
 * division by a power of two or one rounding.
 */
public final class AuditCases {
    private static final String GROUP = "g";

    private static final long ROWS = 10_000;
    private static final int FILES = 8;

    /** Groups 0 to 5 of four rows, which is all that some cases need, and 6 to 10 of the others. */
    private static final String GROUPS = "cast(if(id < 24, id / 4, 6 + id % 5) as int)";

    private static final List<Case> CASES = List.of(
            new Case(
                    new AuditData.Input(
                            "two", "1e16, 1e16+2", "variance 1; Comet answered 2 (apache/datafusion-comet#6044)"),
                    "case when id < 2 then element_at(array(1e16D, 1e16D + 2), cast(id + 1 as int)) end"),
            new Case(
                    new AuditData.Input(
                            "four", "1e16 + 0, 2, 4, 2", "variance 2: deviations below the last digits of the values"),
                    "case when id < 4 then element_at(array(1e16D, 1e16D + 2, 1e16D + 4, 1e16D + 2),"
                            + " cast(id + 1 as int)) end"),
            new Case(
                    new AuditData.Input(
                            "cancelling",
                            "1e16, 1, -1e16, 1",
                            "sums of which the order decides what is left (apache/gluten#8985)"),
                    "element_at(array(1e16D, 1D, -1e16D, 1D), cast(id % 4 + 1 as int))"),
            new Case(
                    new AuditData.Input(
                            "words",
                            "NaN, infinities, nulls",
                            "answers that are words: groups of NaN; of an infinity; of both; of nulls; of one value"),
                    "case id when 0 then 1D when 1 then double('NaN') when 4 then 1D when 5 then double('Infinity')"
                            + " when 8 then double('Infinity') when 9 then double('-Infinity')"
                            + " when 16 then 3D when 20 then -0D when 21 then 0D end"),
            new Case(
                    new AuditData.Input(
                            "large_mean", "1e9 + [0,1)", "a large mean over a tiny spread: the order of merges shows"),
                    "1e9D + pmod(id * 7919, 1048573) / 1048576D"),
            new Case(
                    new AuditData.Input(
                            "one_huge", "1e16 and 9,999 ones", "one huge value: each 1 that is added to it is lost"),
                    "if(id = 0, 1e16D, 1D)"),
            new Case(
                    new AuditData.Input(
                            "floats", "float32", "Spark's sums of floats are doubles: those of floats show"),
                    "cast(pmod(id * 7919, 10007) * 0.1D as float)"),
            new Case(new AuditData.Input("constants", "0.1, 10,000 times", "constants: the variance is 0"), "0.1D"));

    private AuditCases() {}

    /**
     * A column.
     *
     * @param value in SQL, of the row's number {@code id}
     */
    private record Case(AuditData.Input input, String value) {
        Column column() {
            return functions.expr(value);
        }
    }

    /**
     * Writes the cases as Parquet, since the scans of native engines begin there, and reads them.
     *
     * @param session that the audit asks
     * @param folder that is not there yet; the caller deletes it
     * @return the data
     */
    public static AuditData in(SparkSession session, String folder) {
        Dataset<Row> rows = session.range(0, ROWS, 1, FILES).toDF();
        for (Case one : CASES) {
            rows = rows.withColumn(one.input.column(), one.column());
        }
        rows.withColumn(GROUP, functions.expr(GROUPS)).drop("id").write().parquet(folder);
        return new AuditData(
                session.read().parquet(folder), CASES.stream().map(Case::input).toList(), GROUP);
    }
}
