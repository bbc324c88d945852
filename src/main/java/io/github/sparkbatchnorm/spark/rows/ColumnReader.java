package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.ColumnPath;
import io.github.sparkbatchnorm.spark.codec.ImageCodec;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
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
        this(tensor, gradients, withExamples, false);
    }

    private ColumnReader(TensorColumn tensor, @Nullable TensorColumn gradients, boolean withExamples, boolean guarded) {
        super(tensor, gradients, withExamples, guarded);
        batchOrdinal = tensor.codec().width();
        exampleOrdinal = batchOrdinal + (tensor.hasBatches() ? 1 : 0);
        gradientOrdinal = exampleOrdinal + (withExamples ? 1 : 0);
    }

    /** {@return a reader of the same columns that takes the fingerprints of rows, too} */
    public ColumnReader guarded() {
        return new ColumnReader(tensor(), gradients(), withExamples(), true);
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
        tensor().paths().forEach(path -> columns.add(path.toColumn()));
        ColumnPath batch = tensor().batch();
        if (batch != null) {
            columns.add(batch.toColumn());
        }
        if (withExamples()) {
            columns.add(example(data));
        }
        gradientPaths().forEach(path -> columns.add(path.toColumn()));
        return columns.toArray(Column[]::new);
    }

    private List<ColumnPath> gradientPaths() {
        TensorColumn gradients = gradients();
        return gradients == null ? List.of() : gradients.paths();
    }

    /** The columns that say which row it is, in words: readable, of a name of their own, no tensor of this reader. */
    private Column example(Dataset<Row> data) {
        Set<String> read = Stream.concat(tensor().paths().stream(), gradientPaths().stream())
                .map(ColumnPath::column)
                .collect(Collectors.toSet());
        Map<String, Integer> counts = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        StructField[] fields = data.schema().fields();
        for (StructField field : fields) {
            counts.merge(field.name(), 1, Integer::sum);
        }
        List<String> names = Arrays.stream(fields)
                .filter(field ->
                        hasText(field) && !read.contains(field.name()) && counts.getOrDefault(field.name(), 0) == 1)
                .map(StructField::name)
                .toList();
        List<Column> columns = names.stream()
                .map(name -> functions.col(ColumnPath.quote(name)))
                .toList();
        // Of many columns, those that are null are what the reader looks for.
        boolean showsNulls = tensor().isChannelPerColumn()
                && tensor().paths().size() > 1
                && tensor().handleInvalid() == HandleInvalid.ERROR;
        List<ColumnPath> nullable = showsNulls ? tensor().paths() : List.of();
        return RowText.withNulls(
                nullable.stream().map(ColumnPath::toString).toList(),
                nullable.stream().map(ColumnPath::toColumn).toList(),
                names,
                columns);
    }

    private static boolean hasText(StructField field) {
        return !field.dataType().equals(DataTypes.BinaryType) && !ImageCodec.accepts(field.dataType());
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
