package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ByteSize;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.scan.DriverRoom;
import io.github.sparkbatchnorm.spark.scan.RowsSeen;
import io.github.sparkbatchnorm.spark.shims.QueryPlans;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Output columns that a function will make of each row and of a transform: {@link #broadcast} or a part of the plan
 * ({@link #inPlan}). Nothing has run, nothing was sent.
 *
 * @param <T> the transform of a batch
 */
public final class LazyColumns<T> {
    /** Bytes of a channel: mean in two parts, scale, bias. */
    private static final int NORMALIZE_BYTES = 4 * Double.BYTES;

    /** Bytes of a channel: mean and mean gradient in two parts each, invstd, projection, scale. */
    private static final int GRADIENT_BYTES = 7 * Double.BYTES;

    /** Spark serializes a plan into one array, of at most 2 GiB, which grows by doubling. */
    private static final long MAX_PLAN_BYTES = 1L << 30;

    private final Dataset<Row> data;
    private final ColumnReader reader;
    private final List<String> names;
    private final BatchMap<T> transforms;
    private final long bytes;
    private final Maker<T> function;
    private final @Nullable RowsSeen expected;
    /** Made once, so that Spark knows again what it has cached. */
    private @Nullable Dataset<Row> planned;

    /** Makes the function. */
    private interface Maker<T> {
        TensorFunction make(StructType argument, BatchLookup<T> lookup, @Nullable RowGuard guard);
    }

    private LazyColumns(
            Dataset<Row> data,
            ColumnReader reader,
            List<String> names,
            BatchMap<T> transforms,
            long bytes,
            Maker<T> function,
            @Nullable RowsSeen expected) {
        this.expected = expected;
        this.data = data;
        this.reader = reader;
        this.names = List.copyOf(names);
        this.transforms = transforms;
        this.bytes = bytes;
        this.function = function;
    }

    /**
     * {@return columns of the values of a tensor, transformed}
     *
     * @param data rows with the tensor
     * @param tensor resolved in the schema of the data
     * @param channels C, which each row is to have
     * @param transforms of each batch, or one for all rows
     * @param names of the columns: one to add, or those of the channel columns, where one that exists is replaced
     */
    public static LazyColumns<SampleTransform> ofSamples(
            Dataset<Row> data,
            TensorColumn tensor,
            int channels,
            BatchMap<SampleTransform> transforms,
            List<String> names) {
        boolean fails = transforms.anyMatch(SampleTransform::failsOnNonFinite);
        ColumnReader reader = new ColumnReader(tensor, null, fails);
        return new LazyColumns<>(
                data,
                reader,
                names,
                transforms,
                (long) NORMALIZE_BYTES * transforms.size() * channels,
                (argument, lookup, guard) -> new NormalizeFunction(argument, reader, lookup, channels, guard),
                null);
    }

    /**
     * {@return columns of the gradients dx of a tensor}
     *
     * @param data rows with the tensor and the gradients dy
     * @param tensor resolved in the schema of the data
     * @param gradientColumns dy: {@link TensorColumn#gradients}
     * @param channels C
     * @param transforms of each batch, or one for all rows
     * @param names of the columns to add
     */
    public static LazyColumns<GradientTransform> ofGradients(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            int channels,
            BatchMap<GradientTransform> transforms,
            List<String> names) {
        ColumnReader reader = new ColumnReader(tensor, gradientColumns, false);
        return new LazyColumns<>(
                data,
                reader,
                names,
                transforms,
                (long) GRADIENT_BYTES * transforms.size() * channels,
                (argument, lookup, guard) -> new GradientFunction(argument, reader, lookup, guard),
                null);
    }

    /**
     * Refuses transforms of samples that the driver cannot hold, before they are made.
     *
     * @param data rows with the tensor
     * @param tensor in the data
     * @param batches number of transforms
     * @param channels C
     * @throws BatchNormException if there is no room
     */
    public static void requireRoomForSamples(Dataset<Row> data, TensorColumn tensor, int batches, int channels) {
        requireRoom(data, tensor, batches, channels, NORMALIZE_BYTES);
    }

    /**
     * Refuses transforms of gradients that the driver cannot hold, before they are made.
     *
     * @param data rows with the tensor
     * @param tensor in the data
     * @param batches number of transforms
     * @param channels C
     * @throws BatchNormException if there is no room
     */
    public static void requireRoomForGradients(Dataset<Row> data, TensorColumn tensor, int batches, int channels) {
        requireRoom(data, tensor, batches, channels, GRADIENT_BYTES);
    }

    private static void requireRoom(Dataset<Row> data, TensorColumn tensor, int batches, int channels, int bytes) {
        DriverRoom.of(data.sparkSession().sparkContext())
                .requireForTransforms(tensor.describe(), batches, channels, bytes);
    }

    /**
     * {@return these columns, whose {@linkplain #broadcast broadcast} form is guarded}
     *
     * @param seen the rows that are expected; null for no guard
     */
    public LazyColumns<T> comparedWith(@Nullable RowsSeen seen) {
        return new LazyColumns<>(data, reader, names, transforms, bytes, function, seen);
    }

    /** {@return the names of the output columns} */
    public List<String> names() {
        return names;
    }

    /**
     * {@return the data with the output columns, whose plan holds the transforms; lazy}
     *
     * @throws BatchNormException if the transforms have more bytes than a plan can hold
     */
    public synchronized Dataset<Row> inPlan() {
        requirePlan(reader.tensor().describe(), bytes);
        Dataset<Row> made = planned;
        if (made == null) {
            made = with(new ValueSource.InPlan<>(transforms), data, null);
            planned = made;
        }
        return made;
    }

    /** @throws BatchNormException if transforms have more bytes than a plan can hold */
    static void requirePlan(String column, long bytes) {
        if (bytes > MAX_PLAN_BYTES) {
            throw new BatchNormException(String.format(
                    Locale.ROOT,
                    "%s: transforms of %s; expected at most %s in a plan: use broadcast",
                    column,
                    ByteSize.of(bytes),
                    ByteSize.of(MAX_PLAN_BYTES)));
        }
    }

    /** {@return the data with the output columns, and the transforms broadcast; to be closed} */
    public TransformedDataset broadcast() {
        BroadcastHandle<BatchMap<T>> handle =
                new BroadcastHandle<>(data.sparkSession().sparkContext(), transforms);
        try {
            return expected == null
                    ? new TransformedDataset(with(handle, data, null), handle, null)
                    : guarded(handle, expected);
        } catch (Throwable e) {
            handle.close(); // Spark throws exceptions that the compiler does not know of
            throw e;
        }
    }

    private TransformedDataset guarded(BroadcastHandle<BatchMap<T>> handle, RowsSeen seen) {
        RowGuard guard = guard(seen);
        Dataset<Row> made = with(handle, data, guard);
        QueryPlans.optimize(made);
        if (guard.isCalledByPlanner()) {
            // Spark computes nothing ahead of an observation.
            guard = guard(seen);
            Dataset<Row> observed =
                    data.observe("spark-batchnorm " + UUID.randomUUID(), functions.count(functions.lit(1)));
            made = with(handle, observed, guard);
        }
        return new TransformedDataset(made, handle, guard);
    }

    private RowGuard guard(RowsSeen seen) {
        return new RowGuard(data.sparkSession().sparkContext(), reader.tensor().describe(), seen);
    }

    private Dataset<Row> with(ValueSource<BatchMap<T>> source, Dataset<Row> rows, @Nullable RowGuard guard) {
        BatchLookup<T> lookup = new BatchLookup<>(source, reader);
        return OutputColumns.add(rows, reader, names, argument -> function.make(argument, lookup, guard));
    }
}
