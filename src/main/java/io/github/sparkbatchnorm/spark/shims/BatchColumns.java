package io.github.sparkbatchnorm.spark.shims;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.execution.datasources.orc.OrcArrayColumnVector;
import org.apache.spark.sql.execution.datasources.orc.OrcAtomicColumnVector;
import org.apache.spark.sql.execution.datasources.orc.OrcStructColumnVector;
import org.apache.spark.sql.execution.vectorized.ConstantColumnVector;
import org.apache.spark.sql.execution.vectorized.OffHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Chooses columns of columnar batches, and how each batch is read: in place, or by rows.
 *
 * <p>A batch is read in place if all its vectors are of the classes that Spark's own readers make: their values stay
 * where they are until the next batch, in a layout that is known. Any other batch becomes rows by the projection that
 * Spark's {@code ColumnarToRowExec} uses: a row is copied whole before anything reads it.
 */
final class BatchColumns implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * The vectors of Spark's Parquet reader, on and off the heap, and of its ORC reader. Subclasses and other classes
     * belong to other engines and connectors, which may do as they like.
     */
    private static final Set<Class<? extends ColumnVector>> CLASSES = Set.of(
            OnHeapColumnVector.class,
            OffHeapColumnVector.class,
            OrcAtomicColumnVector.class,
            OrcArrayColumnVector.class,
            OrcStructColumnVector.class);

    private final int[] ordinals;
    private final StructType schema;

    /**
     * @param ordinals of the columns in the batches
     * @param schema of these columns
     */
    BatchColumns(int[] ordinals, StructType schema) {
        this.ordinals = ordinals.clone();
        this.schema = schema;
    }

    /** The columns of the batches of one partition. */
    Iterator<SourceBatch> select(Iterator<ColumnarBatch> batches) {
        return new Iterator<>() {
            private @Nullable UnsafeProjection toRow;

            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public SourceBatch next() {
                ColumnarBatch batch = batches.next();
                ColumnarBatch inPlace = inPlace(batch);
                return inPlace == null ? SourceBatch.ofRows(rows(batch)) : SourceBatch.inPlace(inPlace);
            }

            private Iterator<InternalRow> rows(ColumnarBatch batch) {
                UnsafeProjection projection = toRow == null ? projection() : toRow;
                toRow = projection;
                return project(batch.rowIterator(), projection);
            }
        };
    }

    /** The columns as a batch that can be read in place; null if it cannot, or fails at the first touch. */
    private @Nullable ColumnarBatch inPlace(ColumnarBatch batch) {
        if (!batch.getClass().equals(ColumnarBatch.class)) {
            return null;
        }
        try {
            ColumnVector[] columns = new ColumnVector[ordinals.length];
            for (int i = 0; i < columns.length; i++) {
                columns[i] = batch.column(ordinals[i]);
                if (!isSparks(columns[i])) {
                    return null;
                }
                if (batch.numRows() > 0) {
                    columns[i].isNullAt(0);
                }
            }
            return new ColumnarBatch(columns, batch.numRows());
        } catch (RuntimeException e) {
            return null; // Spark's own way to rows decides whether this is an error
        }
    }

    private static boolean isSparks(ColumnVector vector) {
        // Partition columns are constant. Arrays and structs in such a vector are whatever a reader put there.
        return vector.getClass().equals(ConstantColumnVector.class)
                ? isAtomic(vector.dataType())
                : CLASSES.contains(vector.getClass());
    }

    private static boolean isAtomic(DataType type) {
        return !(type instanceof ArrayType || type instanceof StructType || type instanceof MapType);
    }

    private UnsafeProjection projection() {
        List<Expression> columns = new ArrayList<>();
        for (int i = 0; i < ordinals.length; i++) {
            StructField field = schema.fields()[i];
            columns.add(new BoundReference(ordinals[i], field.dataType(), field.nullable()));
        }
        return UnsafeProjection.create(CollectionConverters.asScala(columns).toSeq());
    }

    private static Iterator<InternalRow> project(Iterator<InternalRow> rows, UnsafeProjection projection) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public InternalRow next() {
                return projection.apply(rows.next());
            }
        };
    }
}
