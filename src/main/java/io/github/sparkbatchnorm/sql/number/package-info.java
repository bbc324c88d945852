/**
 * SQL aggregate functions of plain numbers, such as {@code exact_sum}, each the exact number rounded once, so that
 * neither the order of rows nor their grouping changes a bit. No API: a catalog gives them to SQL.
 *
 * <p><b>Numbers.</b> TINYINT to BIGINT, FLOAT and DOUBLE, each exactly; the result is a DOUBLE. NULLs are left out;
 * without numbers the result is NULL, and so it is for one number where the divisor is n - 1, as in Spark's functions.
 * Numbers that are not finite give what IEEE arithmetic gives, as {@link io.github.sparkbatchnorm.stats} tells.
 */
@NullMarked
package io.github.sparkbatchnorm.sql.number;

import org.jspecify.annotations.NullMarked;
