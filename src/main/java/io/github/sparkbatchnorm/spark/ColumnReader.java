package io.github.sparkbatchnorm.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;

/** Reads rows of these columns, in this order: the tensor's, the batch, the description of the row, the gradients'. */
final class ColumnReader extends RowReader<InternalRow> {
    private static final long serialVersionUID = 1L;

    private final int batchOrdinal;
    private final int exampleOrdinal;
    private final int gradientOrdinal;

    ColumnReader(TensorColumn tensor, @Nullable TensorColumn gradients, boolean withExamples) {
        super(tensor, gradients, withExamples);
        batchOrdinal = tensor.codec().width();
        exampleOrdinal = batchOrdinal + (tensor.hasBatches() ? 1 : 0);
        gradientOrdinal = exampleOrdinal + (withExamples ? 1 : 0);
    }

    /** The columns to read. */
    Column[] columns(Dataset<Row> data) {
        TensorColumn gradients = gradients();
        List<String> others = gradients == null ? List.of() : gradients.names();
        List<Column> columns = new ArrayList<>(Arrays.asList(tensor().columns(data, withExamples(), others)));
        others.forEach(name -> columns.add(TensorColumn.column(data, name)));
        return columns.toArray(Column[]::new);
    }

    @Override
    boolean hasBatches() {
        return tensor().hasBatches();
    }

    @Override
    void read(InternalRow row, Sample x) {
        tensor().codec().read(row, 0, x);
    }

    @Override
    void readGradients(InternalRow row, TensorColumn column, Sample dy) {
        column.codec().read(row, gradientOrdinal, dy);
    }

    @Override
    boolean isBatchNull(InternalRow row) {
        return row.isNullAt(batchOrdinal);
    }

    @Override
    BatchKey batchKey(InternalRow row) {
        return BatchKey.read(row, batchOrdinal, tensor().batchType());
    }

    @Override
    String example(InternalRow row) {
        return row.getUTF8String(exampleOrdinal).toString();
    }
}
