package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.ColumnPath;
import io.github.sparkbatchnorm.spark.codec.ImageCodec;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;

/** Reads rows of these columns, in this order: the tensor's, the batch, the description of the row, the gradients'. */
public final class ColumnReader extends RowReader<InternalRow> {
    private static final long serialVersionUID = 1L;

    private final int batchOrdinal;
    private final int exampleOrdinal;
    private final int gradientOrdinal;

    /**
     * @param tensor the columns of the samples
     * @param gradients the columns of the gradients; null if none are read
     * @param withExamples whether a column describes the row
     */
    public ColumnReader(TensorColumn tensor, @Nullable TensorColumn gradients, boolean withExamples) {
        super(tensor, gradients, withExamples);
        batchOrdinal = tensor.codec().width();
        exampleOrdinal = batchOrdinal + (tensor.hasBatches() ? 1 : 0);
        gradientOrdinal = exampleOrdinal + (withExamples ? 1 : 0);
    }

    /** Where the gradients' columns begin. */
    int gradientOrdinal() {
        return gradientOrdinal;
    }

    /**
     * {@return the columns to read}
     *
     * @param data with the tensor's columns
     */
    public Column[] columns(Dataset<Row> data) {
        List<Column> columns = new ArrayList<>();
        tensor().paths().forEach(path -> columns.add(path.in(data)));
        ColumnPath batch = tensor().batch();
        if (batch != null) {
            columns.add(batch.in(data));
        }
        if (withExamples()) {
            columns.add(example(data));
        }
        gradientPaths().forEach(path -> columns.add(path.in(data)));
        return columns.toArray(Column[]::new);
    }

    /**
     * {@return the column of a name, whatever characters the name has}
     *
     * @param data that has the column
     * @param name of the column
     */
    public static Column column(Dataset<Row> data, String name) {
        return data.col(ColumnPath.quote(name));
    }

    private List<ColumnPath> gradientPaths() {
        TensorColumn gradients = gradients();
        return gradients == null ? List.of() : gradients.paths();
    }

    private boolean reads(String column) {
        return Stream.concat(tensor().paths().stream(), gradientPaths().stream())
                .anyMatch(path -> path.column().equals(column));
    }

    /** The other columns of a row in words. */
    private Column example(Dataset<Row> data) {
        List<String> names = Arrays.stream(data.schema().fields())
                .filter(field -> describes(field, data))
                .map(StructField::name)
                .toList();
        return RowText.of(names, name -> column(data, name));
    }

    /** Whether a column says which row it is: readable, of a name of its own, no tensor of this reader. */
    private boolean describes(StructField field, Dataset<Row> data) {
        return !field.dataType().equals(DataTypes.BinaryType)
                && !ImageCodec.accepts(field.dataType())
                && !reads(field.name())
                && Arrays.stream(data.columns())
                                .filter(field.name()::equalsIgnoreCase)
                                .count()
                        == 1;
    }

    @Override
    public boolean hasBatches() {
        return tensor().hasBatches();
    }

    @Override
    void read(InternalRow row, RowSample x) {
        tensor().codec().read(row, 0, x);
    }

    @Override
    void readGradients(InternalRow row, TensorColumn column, RowSample dy) {
        column.codec().read(row, gradientOrdinal, dy);
    }

    @Override
    public boolean isBatchNull(InternalRow row) {
        return row.isNullAt(batchOrdinal);
    }

    @Override
    public BatchKey batchKey(InternalRow row) {
        return BatchKey.read(row, batchOrdinal, tensor().batchType());
    }

    @Override
    public String example(InternalRow row) {
        return row.getUTF8String(exampleOrdinal).toString();
    }
}
