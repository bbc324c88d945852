package io.github.sparkbatchnorm.spark.shims;

import static net.bytebuddy.matcher.ElementMatchers.isAbstract;
import static net.bytebuddy.matcher.ElementMatchers.named;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.InvocationHandlerAdapter;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/** Columnar batches in the vectors of other engines: true to their contract only as far as Spark itself asks. */
enum ForeignVectors {
    /** The array or binary of a row overwrites that of the row before. */
    REUSING,
    /** Bulk accessors give zeros, and nulls are denied; only single elements are true. */
    LYING,
    /** A subclass of Spark's internal class, without its layout. */
    WRITABLE,
    /** Every accessor throws: only nodes of the engine itself can read these. */
    THROWING;

    /** The batch in such vectors. */
    ColumnarBatch wrap(ColumnarBatch batch) {
        ColumnVector[] columns = new ColumnVector[batch.numCols()];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = this == WRITABLE
                    ? writable((WritableColumnVector) batch.column(i))
                    : new Foreign(batch.column(i), this);
        }
        return new ColumnarBatch(columns, batch.numRows());
    }

    /** The batch that was wrapped. */
    static ColumnarBatch unwrap(ColumnarBatch batch) {
        ColumnVector[] columns = new ColumnVector[batch.numCols()];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = ((Foreign) batch.column(i)).own;
        }
        return new ColumnarBatch(columns, batch.numRows());
    }

    private static final Class<? extends WritableColumnVector> WRITABLE_CLASS = new ByteBuddy()
            .subclass(WritableColumnVector.class)
            .method(isAbstract().or(named("hasNull")).or(named("arrayData")).or(named("getChild")))
            .intercept(InvocationHandlerAdapter.toField("handler"))
            .defineField("handler", InvocationHandler.class, Modifier.PUBLIC)
            .make()
            .load(ForeignVectors.class.getClassLoader())
            .getLoaded();

    private static WritableColumnVector writable(WritableColumnVector own) {
        try {
            WritableColumnVector vector = WRITABLE_CLASS
                    .getDeclaredConstructor(int.class, DataType.class)
                    .newInstance(1, DataTypes.IntegerType); // of an atomic type: it makes no children
            InvocationHandler handler = (self, method, arguments) -> answer(own, method, arguments);
            WRITABLE_CLASS.getField("handler").set(vector, handler);
            Field type = ColumnVector.class.getDeclaredField("type");
            type.setAccessible(true);
            type.set(vector, own.dataType());
            return vector;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private static @Nullable Object answer(WritableColumnVector own, Method method, Object[] arguments)
            throws IllegalAccessException {
        return switch (method.getName()) {
            case "hasNull" -> false;
            case "close", "releaseMemory" -> null;
            case "arrayData" -> writable(own.arrayData());
            case "getChild" -> writable(own.getChild((Integer) arguments[0]));
            case "getByteBuffer", "getBytesAsUTF8String" -> throw new UnsupportedOperationException(method.getName());
            default -> {
                try {
                    yield method.invoke(own, arguments);
                } catch (InvocationTargetException e) {
                    throw new IllegalStateException(e.getCause());
                }
            }
        };
    }

    private static final class Foreign extends ColumnVector {
        private final ColumnVector own;
        private final ForeignVectors kind;
        private final Map<Object, Object> buffers = new HashMap<>();

        Foreign(ColumnVector own, ForeignVectors kind) {
            super(own.dataType());
            this.own = own;
            this.kind = kind;
        }

        private ColumnVector own() {
            if (kind == THROWING) {
                throw new UnsupportedOperationException("a vector of another engine");
            }
            return own;
        }

        @Override
        public void close() {}

        @Override
        public boolean hasNull() {
            return kind != LYING && own().hasNull();
        }

        @Override
        public int numNulls() {
            return kind == LYING ? 0 : own().numNulls();
        }

        @Override
        public boolean isNullAt(int row) {
            return own().isNullAt(row);
        }

        @Override
        public boolean getBoolean(int row) {
            return own().getBoolean(row);
        }

        @Override
        public byte getByte(int row) {
            return own().getByte(row);
        }

        @Override
        public short getShort(int row) {
            return own().getShort(row);
        }

        @Override
        public int getInt(int row) {
            return own().getInt(row);
        }

        @Override
        public int[] getInts(int row, int count) {
            return kind == LYING ? new int[count] : own().getInts(row, count);
        }

        @Override
        public long getLong(int row) {
            return own().getLong(row);
        }

        @Override
        public float getFloat(int row) {
            return own().getFloat(row);
        }

        @Override
        public float[] getFloats(int row, int count) {
            return kind == LYING ? new float[count] : own().getFloats(row, count);
        }

        @Override
        public double getDouble(int row) {
            return own().getDouble(row);
        }

        @Override
        public double[] getDoubles(int row, int count) {
            return kind == LYING ? new double[count] : own().getDoubles(row, count);
        }

        @Override
        public @Nullable ColumnarArray getArray(int row) {
            ColumnarArray array = own().getArray(row);
            DataType element = ((ArrayType) dataType()).elementType();
            if (array == null || element instanceof ArrayType) {
                return array;
            }
            int length = array.numElements();
            OnHeapColumnVector copy = kind == REUSING
                    ? (OnHeapColumnVector) buffers.computeIfAbsent(element, type -> vector(1000, (DataType) type))
                    : vector(Math.max(1, length), element);
            copy.reset();
            for (int i = 0; i < length; i++) {
                copy(array, i, element, copy);
            }
            return new ColumnarArray(new Foreign(copy, kind), 0, length);
        }

        private static OnHeapColumnVector vector(int capacity, DataType type) {
            return new OnHeapColumnVector(capacity, type);
        }

        private static void copy(ArrayData from, int i, DataType element, OnHeapColumnVector to) {
            if (from.isNullAt(i)) {
                to.putNull(i);
            } else if (element.equals(DataTypes.FloatType)) {
                to.putFloat(i, from.getFloat(i));
            } else if (element.equals(DataTypes.DoubleType)) {
                to.putDouble(i, from.getDouble(i));
            } else {
                to.putInt(i, from.getInt(i));
            }
        }

        @Override
        public byte @Nullable [] getBinary(int row) {
            byte[] bytes = own().getBinary(row);
            if (kind != REUSING || bytes == null) {
                return bytes;
            }
            byte[] shared = (byte[]) buffers.computeIfAbsent(bytes.length, length -> new byte[(Integer) length]);
            System.arraycopy(bytes, 0, shared, 0, bytes.length);
            return shared;
        }

        @Override
        public ColumnVector getChild(int ordinal) {
            return (ColumnVector)
                    buffers.computeIfAbsent("child " + ordinal, child -> new Foreign(own().getChild(ordinal), kind));
        }

        @Override
        public ColumnarMap getMap(int row) {
            return own().getMap(row);
        }

        @Override
        public Decimal getDecimal(int row, int precision, int scale) {
            return own().getDecimal(row, precision, scale);
        }

        @Override
        public UTF8String getUTF8String(int row) {
            return own().getUTF8String(row);
        }
    }
}
