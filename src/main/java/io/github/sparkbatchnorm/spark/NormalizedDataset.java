package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * A data set with its tensor column normalized, lazily.
 *
 * <p>Only the transforms travel to the executors, once. Closing releases them: the data set cannot be used afterwards.
 */
public final class NormalizedDataset implements AutoCloseable {
    private final Dataset<Row> dataset;
    private final Broadcast<BatchTransforms> transforms;

    private NormalizedDataset(Dataset<Row> dataset, Broadcast<BatchTransforms> transforms) {
        this.dataset = dataset;
        this.transforms = transforms;
    }

    /**
     * Forward pass with the statistics of each row's own batch.
     *
     * @param data the data set that the statistics are of; it must give the same rows again
     * @param statistics of all its batches
     * @param outputColumn the name of the column to add; unused with channel columns, which are replaced
     */
    public static NormalizedDataset withBatchStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            DatasetStatistics statistics,
            BatchNormState state,
            NonFinitePolicy policy,
            String outputColumn) {
        Map<BatchKey, ChannelTransform> transforms = new HashMap<>();
        for (DatasetStatistics.Batch batch : statistics.batches()) {
            transforms.put(batch.key(), forPolicy(ChannelTransform.ofBatch(batch.statistics(), state), policy));
        }
        ChannelTransform single = transforms.get(BatchKey.NONE);
        BatchTransforms all = single == null ? BatchTransforms.byBatch(transforms) : BatchTransforms.all(single);
        // Values that are not finite failed the statistics pass.
        NonFinitePolicy checked = policy == NonFinitePolicy.FAIL ? NonFinitePolicy.PROPAGATE : policy;
        return of(data, tensor, all, state, checked, outputColumn);
    }

    /**
     * Forward pass with the running statistics of a state, whatever the batches.
     *
     * @param outputColumn the name of the column to add; unused with channel columns, which are replaced
     */
    public static NormalizedDataset withRunningStatistics(
            Dataset<Row> data, TensorColumn tensor, BatchNormState state, NonFinitePolicy policy, String outputColumn) {
        BatchTransforms all = BatchTransforms.all(forPolicy(ChannelTransform.ofRunning(state), policy));
        return of(data, tensor, all, state, policy, outputColumn);
    }

    private static ChannelTransform forPolicy(ChannelTransform transform, NonFinitePolicy policy) {
        return policy == NonFinitePolicy.IGNORE ? transform.keepingNonFinite() : transform;
    }

    private static NormalizedDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            BatchTransforms transforms,
            BatchNormState state,
            NonFinitePolicy policy,
            String outputColumn) {
        SparkSession session = data.sparkSession();
        Dataset<Row> rows = tensor.dropsInvalid() ? withoutInvalid(data, tensor) : data;
        Broadcast<BatchTransforms> broadcast =
                JavaSparkContext.fromSparkContext(session.sparkContext()).broadcast(transforms);
        try {
            Column[] columns = tensor.columns(rows, policy == NonFinitePolicy.FAIL);
            StructType argument = rows.select(columns).schema();
            NormalizeFunction function =
                    new NormalizeFunction(argument, tensor, broadcast, state.numFeatures(), policy);
            Dataset<Row> result = TensorFunctionCatalog.call(
                    session,
                    function,
                    columns,
                    call -> tensor.isChannelPerColumn()
                            ? replaceColumns(rows, tensor, call)
                            : rows.withColumn(outputColumn, call));
            return new NormalizedDataset(result, broadcast);
        } catch (RuntimeException e) {
            broadcast.destroy();
            throw e;
        }
    }

    private static Dataset<Row> withoutInvalid(Dataset<Row> data, TensorColumn tensor) {
        Column[] columns = tensor.columns(data, false);
        UsableFunction function = new UsableFunction(data.select(columns).schema(), tensor);
        return TensorFunctionCatalog.call(data.sparkSession(), function, columns, data::filter);
    }

    private static Dataset<Row> replaceColumns(Dataset<Row> rows, TensorColumn tensor, Column call) {
        String struct = "spark_batchnorm_" + System.identityHashCode(call);
        Dataset<Row> withStruct = rows.withColumn(struct, call);
        List<Column> output = new ArrayList<>();
        for (String name : rows.columns()) {
            int channel = tensor.names().indexOf(name);
            output.add(
                    channel < 0
                            ? TensorColumn.column(withStruct, name)
                            : withStruct.col(struct).getField("c" + channel).as(name));
        }
        return withStruct.select(output.toArray(Column[]::new));
    }

    /** All columns of the data and the output column; with channel columns, these replaced in place. */
    public Dataset<Row> dataset() {
        return dataset;
    }

    /** Destroys what was broadcast. */
    @Override
    public void close() {
        transforms.destroy();
    }
}
