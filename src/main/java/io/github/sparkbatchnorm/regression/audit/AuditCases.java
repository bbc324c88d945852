package io.github.sparkbatchnorm.regression.audit;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * Small data on which engines are known to differ, or could. Each value is an expression of a row's number whose result
 * is the same in any engine: integers, and divisions by powers of two or roundings of one number.
 */
public final class AuditCases {
    private static final String VALUE = "x";
    private static final String GROUP = "g";

    private static final List<Case> CASES = List.of(
            new Case(
                    "neighbours",
                    "1e16, 1e16+2",
                    "variance 1; Comet answers 2 (apache/datafusion-comet#6044)",
                    "element_at(array(1e16D, 1e16D + 2), cast(id + 1 as int))",
                    "0",
                    2,
                    1),
            new Case(
                    "four-neighbours",
                    "1e16 + 0, 2, 4, 2",
                    "variance 2 of values that the mean cannot be told from",
                    "element_at(array(1e16D, 1e16D + 2, 1e16D + 4, 1e16D + 2), cast(id + 1 as int))",
                    "0",
                    4,
                    1),
            new Case(
                    "large-mean",
                    "1e9 + [0,1)",
                    "a large mean over a tiny spread: the order of merges shows",
                    "1e9D + pmod(id * 7919, 1048573) / 1048576D",
                    "id % 5",
                    10_000,
                    8),
            new Case(
                    "one-huge",
                    "1e16, then 1,000 ones",
                    "one huge value among small ones: each 1 that is added to it is lost",
                    "if(id = 0, 1e16D, 1D)",
                    "id % 2",
                    1_001,
                    3),
            new Case(
                    "floats",
                    "float32",
                    "sums of floats are doubles in Spark: an engine that adds them up as floats shows",
                    "cast(pmod(id * 7919, 10007) * 0.1D as float)",
                    "id % 5",
                    5_000,
                    4),
            new Case("constants", "0.1, 1,000 times", "constants: the variance is 0", "0.1D", "id % 3", 1_000, 3),
            new Case(
                    "cancellation",
                    "1e16, 1, -1e16",
                    "the sum is 1; it is 0 wherever 1 meets 1e16 first (apache/gluten#8985: sums change with the order)",
                    "element_at(array(1e16D, 1D, -1e16D), cast(id % 3 + 1 as int))",
                    "cast(id / 3 as int)",
                    6,
                    2),
            new Case(
                    "words",
                    "NaN, Infinity, null",
                    "groups: 1 and NaN; 1 and Infinity; both infinities; null alone; 3 and null; -0.0 alone",
                    "element_at(array(1D, double('NaN'), 1D, double('Infinity'), double('Infinity'), double('-Infinity'),"
                            + " null, null, 3D, null, -0D), cast(id + 1 as int))",
                    "cast(id / 2 as int)",
                    11,
                    2));

    private AuditCases() {}

    /**
     * A case.
     *
     * @param value in SQL, of the row's number {@code id}
     * @param group in SQL
     * @param partitions and files
     */
    private record Case(
            String folder, String name, String purpose, String value, String group, long rows, int partitions) {}

    /**
     * Writes the data of all cases as Parquet, since the scans of native engines begin there, and reads it.
     *
     * @param session that the audit asks
     * @param folder that each case gets a folder below; the caller deletes it
     * @return the data of the cases, in their order
     */
    public static List<AuditData> in(SparkSession session, String folder) {
        List<AuditData> data = new ArrayList<>();
        for (Case one : CASES) {
            String place = folder + "/" + one.folder;
            session.range(0, one.rows, 1, one.partitions)
                    .select(
                            functions.expr(one.value).as(VALUE),
                            functions.expr(one.group).as(GROUP))
                    .write()
                    .parquet(place);
            Dataset<Row> written = session.read().parquet(place);
            data.add(new AuditData(one.name, one.purpose, written, VALUE, GROUP));
        }
        return data;
    }
}
