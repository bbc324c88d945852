package io.github.sparkbatchnorm.spark.shims;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.Version;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Function2;
import scala.runtime.BoxedUnit;

/**
 * Spark's writer of Parquet records with a shorter way for arrays of floats and doubles without nulls: Spark writes the
 * first element, and the column that took it takes the others directly, without the five calls for each element that
 * tell Parquet where in the record it is.
 *
 * <p>Parquet does not say which column that is, so the array of column writers in its record consumer, a private field,
 * is read. That is done only with the versions of Parquet and the class of consumer that the tests ran with; with any
 * other, Spark writes all elements, and the log of each JVM says once why.
 */
public final class ArrayWriteSupport extends ParquetWriteSupport {
    private static final Logger LOG = LoggerFactory.getLogger(ArrayWriteSupport.class);
    private static final Set<String> LOGGED = ConcurrentHashMap.newKeySet();

    /** The versions of Parquet that the tests ran with. */
    private static final Set<String> VERSIONS = Set.of("1.16.0");

    private static final String CONSUMER = "org.apache.parquet.io.MessageColumnIO$MessageColumnIORecordConsumer";
    private static final String COLUMN_WRITERS = "columnWriters";

    private final String version;
    private final LastColumn last = new LastColumn();
    private final GenericInternalRow first = new GenericInternalRow(1);
    private List<ColumnDescriptor> columns = List.of();
    private boolean writesDirectly;

    /** The writer for the Parquet at hand. */
    public ArrayWriteSupport() {
        this(Version.VERSION_NUMBER);
    }

    ArrayWriteSupport(String version) {
        this.version = version;
    }

    @Override
    public WriteContext init(Configuration configuration) {
        WriteContext context = super.init(configuration);
        columns = context.getSchema().getColumns();
        return context;
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
        String obstacle = observeColumns(consumer);
        writesDirectly = obstacle == null;
        if (obstacle != null && LOGGED.add(obstacle)) {
            LOG.warn("Arrays are written by Spark's slower Parquet writer: {}", obstacle);
        }
        super.prepareForWrite(consumer);
    }

    /** Whether arrays go to their columns directly. */
    boolean writesDirectly() {
        return writesDirectly;
    }

    /** Puts observers in front of the columns that may be of arrays; says what is in the way, null if nothing is. */
    private @Nullable String observeColumns(RecordConsumer consumer) {
        if (!VERSIONS.contains(version)) {
            return "Parquet is of version " + version + "; expected " + String.join(" or ", VERSIONS);
        }
        if (!consumer.getClass().getName().equals(CONSUMER)) {
            return "records go to a " + consumer.getClass().getName() + "; expected a " + CONSUMER;
        }
        try {
            Field field = consumer.getClass().getDeclaredField(COLUMN_WRITERS);
            field.setAccessible(true);
            ColumnWriter[] writers = (ColumnWriter[]) field.get(consumer);
            for (int i = 0; i < writers.length; i++) {
                if (canBeOfArrays(columns.get(i))) {
                    writers[i] = last.observe(writers[i], columns.get(i).getMaxRepetitionLevel());
                }
            }
            return null;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return "the column writers of Parquet cannot be read: " + e;
        }
    }

    private static boolean canBeOfArrays(ColumnDescriptor column) {
        PrimitiveTypeName type = column.getPrimitiveType().getPrimitiveTypeName();
        return column.getMaxRepetitionLevel() > 0
                && (type == PrimitiveTypeName.FLOAT || type == PrimitiveTypeName.DOUBLE);
    }

    @Override
    public Function2<SpecializedGetters, Object, BoxedUnit> makeArrayWriter(ArrayType type, boolean inShredded) {
        Function2<SpecializedGetters, Object, BoxedUnit> writer = super.makeArrayWriter(type, inShredded);
        DataType element = type.elementType();
        if (!element.equals(DataTypes.FloatType) && !element.equals(DataTypes.DoubleType)) {
            return writer;
        }
        boolean single = element.equals(DataTypes.FloatType);
        return (row, ordinal) -> {
            ArrayData array = row.getArray((Integer) ordinal);
            if (!writesDirectly || array.numElements() < 2 || (type.containsNull() && hasNull(array))) {
                return writer.apply(row, ordinal);
            }
            if (single) {
                float[] values = array.toFloatArray();
                first.update(0, UnsafeArrayData.fromPrimitiveArray(new float[] {values[0]}));
                writer.apply(first, 0);
                last.writeRest(values);
            } else {
                double[] values = array.toDoubleArray();
                first.update(0, UnsafeArrayData.fromPrimitiveArray(new double[] {values[0]}));
                writer.apply(first, 0);
                last.writeRest(values);
            }
            return BoxedUnit.UNIT;
        };
    }

    private static boolean hasNull(ArrayData array) {
        for (int i = 0; i < array.numElements(); i++) {
            if (array.isNullAt(i)) {
                return true;
            }
        }
        return false;
    }
}
