package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.scan.StatisticsPass;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** Tensor options and passes for tests, with what most tests do not care about left at its default. */
public final class Tensors {
    private Tensors() {}

    public static TensorOptions column(String name, int @Nullable ... shape) {
        return options(List.of(name), false, shape, false, HandleInvalid.ERROR, null);
    }

    public static TensorOptions columnByBatch(String name, String batchColumn) {
        return options(List.of(name), false, null, false, HandleInvalid.ERROR, batchColumn);
    }

    public static TensorOptions channelsLast(String name, int... shape) {
        return options(List.of(name), false, shape, true, HandleInvalid.ERROR, null);
    }

    public static TensorOptions column(String name, HandleInvalid handleInvalid) {
        return options(List.of(name), false, null, false, handleInvalid, null);
    }

    public static TensorOptions channels(HandleInvalid handleInvalid, String... names) {
        return options(List.of(names), true, null, false, handleInvalid, null);
    }

    public static TensorOptions module(TensorOptions options, BatchNormModule module) {
        return new TensorOptions(
                options.columns(),
                options.channelPerColumn(),
                options.shape(),
                options.channelsLast(),
                options.binaryFloat64(),
                module,
                options.handleInvalid(),
                options.batchColumn());
    }

    public static TensorOptions float64(TensorOptions options) {
        return new TensorOptions(
                options.columns(),
                options.channelPerColumn(),
                options.shape(),
                options.channelsLast(),
                true,
                options.module(),
                options.handleInvalid(),
                options.batchColumn());
    }

    private static TensorOptions options(
            List<String> columns,
            boolean channelPerColumn,
            int @Nullable [] shape,
            boolean channelsLast,
            HandleInvalid handleInvalid,
            @Nullable String batchColumn) {
        List<Integer> axes = shape == null || shape.length == 0
                ? null
                : Arrays.stream(shape).boxed().toList();
        return new TensorOptions(columns, channelPerColumn, axes, channelsLast, null, null, handleInvalid, batchColumn);
    }

    public static DatasetStatistics statistics(Dataset<Row> data, TensorOptions options) {
        return statistics(data, options, NonFinitePolicy.PROPAGATE);
    }

    public static DatasetStatistics statistics(Dataset<Row> data, TensorOptions options, NonFinitePolicy policy) {
        return StatisticsPass.run(data, TensorColumn.of(data.schema(), options), policy, OptionalInt.empty());
    }
}
