package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.digest.RowPass;
import io.github.sparkbatchnorm.spark.digest.RowSum;
import io.github.sparkbatchnorm.spark.digest.SchemaDigest;
import io.github.sparkbatchnorm.spark.scan.JobDescription;
import java.io.Serializable;
import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A digest of the rows of a data set, whatever their order: the same for the same rows in any partitioning, file layout
 * and format, with any version and setting of Spark. A row that is changed, lost or doubled changes it, and so does a
 * column that is renamed, moved or of another type.
 *
 * <p>It is the number of rows, the digest of the schema, and the sum modulo 2^256 of the SHA-256 of each row in a
 * documented form (page <i>Row digest</i> of the site). As text, {@code rows-sha256:ROWS-SCHEMA-SUM}, such as
 * {@code rows-sha256:3-c49787b57923f47f-} and 64 hexadecimal digits. Numbers are compared by their bits: -0.0 is not
 * 0.0, but NaN is NaN. Nullability, comments and metadata of columns do not count.
 *
 * <p>It shows accidents, not attacks: whoever may choose many rows can make others with the same sum.
 *
 * <p>Immutable.
 */
public final class RowDigest implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final String PREFIX = "rows-sha256:";
    private static final Pattern TEXT = Pattern.compile(PREFIX + "(0|[1-9]\\d{0,17})-([0-9a-f]{16})-([0-9a-f]{64})");

    private final String schema;
    private final RowSum sum;

    private RowDigest(String schema, RowSum sum) {
        this.schema = schema;
        this.sum = sum;
    }

    /**
     * Computes the digest of a data set, in one pass over all of its columns.
     *
     * @param data any rows; they must not depend on when or where they are computed
     * @return the digest
     * @throws BatchNormException if a column has a type that has no digest, or a row is larger than 2 GiB
     */
    public static RowDigest of(Dataset<?> data) {
        Dataset<Row> rows = data.toDF();
        return new RowDigest(
                SchemaDigest.of(rows.schema()),
                JobDescription.during(rows.sparkSession().sparkContext(), "digest of rows", () -> RowPass.sum(rows)));
    }

    /**
     * {@return the digest of a text}
     *
     * @param text what {@link #toString} gave
     * @throws IllegalArgumentException if it is not of that form
     */
    public static RowDigest parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no digest of rows; expected " + PREFIX
                    + "ROWS-SCHEMA-SUM with 16 and 64 hexadecimal digits");
        }
        return new RowDigest(
                parts.group(2), new RowSum(Long.parseLong(parts.group(1)), new BigInteger(parts.group(3), 16)));
    }

    /** {@return the number of rows} */
    public long rows() {
        return sum.rows();
    }

    /** {@return the digest of the names and types of the columns, 16 hexadecimal digits} */
    public String schema() {
        return schema;
    }

    /**
     * {@return the digest of these rows and others together}
     *
     * @param others of rows of the same schema
     * @throws IllegalArgumentException if they have another schema
     */
    public RowDigest combine(RowDigest others) {
        if (!schema.equals(others.schema)) {
            throw new IllegalArgumentException(
                    "digests of rows of the schemas " + schema + " and " + others.schema + "; expected one schema");
        }
        return new RowDigest(schema, sum.plus(others.sum));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RowDigest that && schema.equals(that.schema) && sum.equals(that.sum);
    }

    @Override
    public int hashCode() {
        return 31 * schema.hashCode() + sum.hashCode();
    }

    /** {@return the digest as text, for {@link #parse}} */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s%d-%s-%064x", PREFIX, sum.rows(), schema, sum.hashes());
    }
}
