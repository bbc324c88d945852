package io.github.sparkbatchnorm.spark;

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
 * <p>Its one argument is a struct of {@link TensorColumn#columns}. Subclasses are public and declare a method
 * {@code invoke} of an {@link InternalRow}: generated code calls it, and Spark looks for it in the class itself.
 */
abstract class TensorFunction implements ScalarFunction<Object> {
    private static final long serialVersionUID = 1L;

    private final String id = "f" + UUID.randomUUID().toString().replace("-", "");
    private final StructType argument;
    private final TensorColumn tensor;
    private transient @Nullable Sample sample;

    TensorFunction(StructType argument, TensorColumn tensor) {
        this.argument = argument;
        this.tensor = tensor;
    }

    /** Reads the tensor of a row; the sample is good until the next call. */
    final Sample read(InternalRow row) {
        Sample reused = sample;
        if (reused == null) {
            reused = new Sample();
            sample = reused;
        }
        tensor.codec().read(row, reused);
        return reused;
    }

    final TensorColumn tensor() {
        return tensor;
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
        return getClass().getSimpleName() + Arrays.toString(tensor.names().toArray());
    }
}
