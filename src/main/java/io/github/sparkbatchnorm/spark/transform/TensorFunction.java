package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import java.util.UUID;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A function of a row's tensor columns that carries its own state: Spark serializes it with the plan and calls it in
 * generated code.
 *
 * <p>Threads may share an instance: Spark computes rows that a program made, and constants, while it plans a query, and
 * one plan may be planned in several threads at once.
 *
 * <p>Its one argument is a struct of {@link ColumnReader#columns}. Subclasses are public and declare a method
 * {@code invoke} of an {@link InternalRow}: generated code calls it, and Spark looks for it in the class itself.
 */
abstract class TensorFunction implements ScalarFunction<Object> {
    private static final long serialVersionUID = 1L;

    private final String id = "f" + UUID.randomUUID().toString().replace("-", "");
    private final StructType argument;
    private final ColumnReader reader;
    private final @Nullable RowGuard guard;
    private final Reused<Scratch> scratch = new Reused<>();

    TensorFunction(StructType argument, ColumnReader reader) {
        this(argument, reader, null);
    }

    /** @param guard to be told of the rows that have values; null if they are not guarded */
    TensorFunction(StructType argument, ColumnReader reader, @Nullable RowGuard guard) {
        this.guard = guard;
        this.argument = argument;
        this.reader = reader;
    }

    /** What this call reads a row into; {@link #give} takes it back. */
    final Scratch take() {
        return scratch.take(Scratch::new);
    }

    /** Leaves the memory to the next call. */
    final void give(Scratch used) {
        scratch.give(used);
    }

    final ColumnReader reader() {
        return reader;
    }

    final TensorColumn tensor() {
        return reader.tensor();
    }

    /** Reads a row: whether it has values; if not, its sample is null and is kept. */
    final boolean read(InternalRow row, Scratch own) {
        boolean hasValues = reader.read(row, own.pair);
        if (hasValues && guard != null) {
            count(row, own, guard);
        }
        return hasValues;
    }

    private void count(InternalRow row, Scratch own, RowGuard by) {
        RowGuard.Tally tally = own.tally;
        if (tally == null) {
            tally = by.tally();
            own.tally = tally;
        }
        own.pair.sample().values(); // all are needed, and faster to read at once
        tally.add(reader.fingerprint(row, own.pair));
    }

    /** @throws BatchNormException if a sample has another number of channels than the state */
    final void requireChannels(SampleShape shape, int channels) {
        if (shape.channels() != channels) {
            throw new BatchNormException(tensor().describe() + ": a row with C = " + shape.channels()
                    + "; expected C = " + channels + ", as the state has: give the state of this column");
        }
    }

    @Override
    public DataType[] inputTypes() {
        return new DataType[] {argument};
    }

    @Override
    public String name() {
        return id;
    }

    @Override
    public String canonicalName() {
        return "spark-batchnorm." + id;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + Arrays.toString(tensor().names().toArray());
    }
}
