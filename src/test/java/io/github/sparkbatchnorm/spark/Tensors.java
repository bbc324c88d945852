package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Tensor options and passes for tests, with what most tests do not care about left at its default. */
public final class Tensors {
    private Tensors() {}

    public static TensorOptions column(String name, int... shape) {
        TensorOptions options = TensorOptions.column(name);
        return shape.length == 0 ? options : options.withShape(SampleShape.channelsFirst(shape));
    }

    public static TensorOptions columnByBatch(String name, String batchColumn) {
        return TensorOptions.column(name).withBatchColumn(batchColumn);
    }

    public static TensorOptions channelsLast(String name, int... shape) {
        return shape.length == 0
                ? TensorOptions.column(name).withLayout(SampleShape.Layout.CHANNELS_LAST)
                : TensorOptions.column(name).withShape(SampleShape.channelsLast(shape));
    }

    public static TensorOptions column(String name, HandleInvalid handleInvalid) {
        return TensorOptions.column(name).withHandleInvalid(handleInvalid);
    }

    public static TensorOptions channels(HandleInvalid handleInvalid, String... names) {
        return TensorOptions.channelColumns(List.of(names)).withHandleInvalid(handleInvalid);
    }

    /**
     * Statistics that no pass has found.
     *
     * @param batches labels and statistics; each label is null where these are not by batch
     */
    public static DatasetStatistics statistics(int channels, boolean byBatch, List<DatasetStatistics.Batch> batches) {
        StructType schema = new StructType()
                .add("x", DataTypes.createArrayType(DataTypes.DoubleType))
                .add("batch", DataTypes.StringType);
        TensorOptions options = byBatch ? columnByBatch("x", "batch") : column("x");
        List<ScanOutcome.Batch<BatchResult.Statistics>> results = new ArrayList<>();
        for (DatasetStatistics.Batch batch : batches) {
            BatchKey key = byBatch ? BatchKey.of(results.size()) : BatchKey.NONE;
            results.add(new ScanOutcome.Batch<>(
                    batch.key(), new BatchResult.Statistics(key, batch.statistics(), new byte[32])));
        }
        return DatasetStatistics.of(
                TensorColumn.of(schema, options),
                NonFinitePolicy.PROPAGATE,
                null,
                null,
                new ScanOutcome<>(channels, batches.size(), 0, new SparseRows(0, 0, 0), null, results));
    }

    public static DatasetStatistics statistics(Dataset<Row> data, TensorOptions options) {
        return statistics(data, options, NonFinitePolicy.PROPAGATE);
    }

    public static DatasetStatistics statistics(Dataset<Row> data, TensorOptions options, NonFinitePolicy policy) {
        return TensorDataset.of(data, options).withNonFinite(policy).statistics();
    }
}
