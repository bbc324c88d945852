package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.rows.RowPair;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.jspecify.annotations.Nullable;

/** What a call reads a row into, and makes its output with. Mutable; for one call at a time. */
final class Scratch {
    final RowPair pair = new RowPair();
    final SampleOutput output = new SampleOutput();
    /** What counts the rows; null before the first one, and where rows are not guarded. */
    RowGuard.@Nullable Tally tally;
    /** A row of one value, for a value that comes alone. */
    final InternalRow row = new GenericInternalRow(1);
}
