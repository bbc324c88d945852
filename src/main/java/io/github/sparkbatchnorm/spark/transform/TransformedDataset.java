package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.scan.DriverRoom;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.List;
import java.util.function.BiFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** A data set with output columns that a function makes of each row and a broadcast transform; lazy. */
final class TransformedDataset implements AutoCloseable {
    private final Dataset<Row> dataset;
    private final BroadcastHandle<?> transforms;

    private TransformedDataset(Dataset<Row> dataset, BroadcastHandle<?> transforms) {
        this.dataset = dataset;
        this.transforms = transforms;
    }

    /**
     * Refuses transforms that the driver cannot hold.
     *
     * @param bytesOfChannel bytes of a channel's transform
     * @throws BatchNormException if there is no room
     */
    static void requireRoom(Dataset<Row> data, TensorColumn tensor, int batches, int channels, int bytesOfChannel) {
        DriverRoom.of(data.sparkSession().sparkContext())
                .requireForTransforms(tensor.describe(), batches, channels, bytesOfChannel);
    }

    /**
     * Broadcasts transforms and adds output columns, without a job.
     *
     * @param reader of the columns that the function needs
     * @param names of the output columns, as {@link OutputColumns#add} takes them
     * @param function made for the type of its argument; it looks the transform of a row up
     */
    static <T> TransformedDataset of(
            Dataset<Row> data,
            BatchMap<T> transforms,
            ColumnReader reader,
            List<String> names,
            BiFunction<StructType, BatchLookup<T>, TensorFunction> function) {
        BroadcastHandle<BatchMap<T>> handle =
                new BroadcastHandle<>(data.sparkSession().sparkContext(), transforms);
        try {
            BatchLookup<T> lookup = new BatchLookup<>(handle, reader);
            Dataset<Row> result = OutputColumns.add(data, reader, names, argument -> function.apply(argument, lookup));
            return new TransformedDataset(result, handle);
        } catch (Throwable e) {
            handle.close(); // Spark throws exceptions that the compiler does not know of
            throw e;
        }
    }

    /** @throws BatchNormException if this is closed */
    Dataset<Row> dataset() {
        transforms.checkUsable();
        return dataset;
    }

    @Override
    public void close() {
        transforms.close();
    }
}
