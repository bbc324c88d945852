package io.github.sparkbatchnorm.jobs.bench;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.ml.functions.vector_to_array;

import io.github.sparkbatchnorm.jobs.bench.BenchRounds.Operation;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** The operations that {@code bench} times on a data set: the library's and its peers', on the same columns. */
final class BenchOperations {
    static final String SCAN = "scan";
    static final String STATS = "stats";
    static final String FIT = "fit";
    static final String COPY = "copy";
    static final String EVAL = "normalize eval";
    static final String TRAIN = "normalize train";
    static final String UNGUARDED = "normalize train, no guard";
    static final String SCALER_FIT = "StandardScaler.fit";
    static final String SCALER_TRANSFORM = "StandardScalerModel.transform";
    static final String SQL = "SQL avg, var_pop";
    static final String ORDERED = "stats, 1,000 batches in order";
    static final String INTERLEAVED = "stats, 1,000 batches interleaved";
    static final String STATS_TWICE = "stats, 2x rows";
    static final String TRAIN_TWICE = "normalize train, 2x rows";

    private static final String OUTPUT = BenchData.TENSOR + "_normalized";
    private static final String VECTOR = "vector";
    private static final String SCALED = "scaled";

    private final BenchData dataSet;
    private final Dataset<Row> data;
    private final @Nullable Dataset<Row> twice;
    private final Path output;
    private final List<String> written;
    private final BatchNormState state;
    private final SqlOperations sql;
    private final @Nullable MlOperations ml;
    private final @Nullable StandardScalerModel scaler;
    /** A sample that stands for normalized ones where the column holds another type. */
    private final double[] constant;

    private BenchOperations(
            BenchData dataSet,
            Dataset<Row> data,
            @Nullable Dataset<Row> twice,
            Path output,
            BatchNormState state,
            @Nullable StandardScalerModel scaler) {
        this.dataSet = dataSet;
        this.data = data;
        this.twice = twice;
        this.output = output;
        this.written = isInColumns(dataSet) ? dataSet.columns() : List.of(OUTPUT);
        this.state = state;
        this.sql = new SqlOperations(dataSet, data, state, new Path(output.getParent(), "models"));
        this.ml = isInColumns(dataSet) ? null : new MlOperations(dataSet, data, state);
        this.scaler = scaler;
        this.constant = new Random(0)
                .ints(dataSet.length(), 0, 256)
                .mapToDouble(v -> v / 74.0 - 1.7)
                .toArray();
    }

    /**
     * Fits the state and the scaler that operations apply.
     *
     * @param data the rows of the data set
     * @param twice a data set with twice as many rows; null if operations on it are not timed
     * @param output a folder that each operation may write to
     */
    static BenchOperations prepare(BenchData dataSet, Dataset<Row> data, @Nullable Dataset<Row> twice, Path output) {
        BatchNormState state = afterFit(statistics(dataSet, data, null));
        StandardScalerModel scaler = hasVectors(dataSet) ? scaler().fit(vectors(dataSet, data)) : null;
        return new BenchOperations(dataSet, data, twice, output, state, scaler);
    }

    /** The operations that only read, in the order of a round: first a bare scan. */
    List<Operation> reads() {
        List<Operation> reads = new ArrayList<>();
        reads.add(new Operation(SCAN, this::scan));
        reads.add(new Operation(STATS, () -> statistics(dataSet, data, null)));
        reads.add(new Operation(FIT, () -> afterFit(statistics(dataSet, data, null))));
        if (isInColumns(dataSet)) {
            reads.add(new Operation(SQL, this::aggregate));
        }
        reads.addAll(sql.reads());
        if (ml != null) {
            reads.addAll(ml.reads());
        }
        if (hasVectors(dataSet)) {
            reads.add(new Operation(SCALER_FIT, () -> scaler().fit(vectors(dataSet, data))));
        }
        if (twice != null) {
            reads.add(new Operation(ORDERED, () -> statistics(dataSet, data, BenchData.ORDERED)));
            reads.add(new Operation(INTERLEAVED, () -> statistics(dataSet, data, BenchData.INTERLEAVED)));
            reads.add(new Operation(STATS_TWICE, () -> statistics(dataSet, twice, null)));
        }
        return reads;
    }

    /** The operations that write, in the order of a round. */
    List<Operation> writes() {
        List<Operation> writes = new ArrayList<>();
        writes.add(new Operation(COPY, () -> writeAsSpark(copy())));
        writes.add(new Operation(EVAL, this::evaluate));
        if (ml != null) {
            writes.add(new Operation(SqlOperations.MODEL, () -> write(sql.normalized(OUTPUT))));
            writes.add(new Operation(MlOperations.TRANSFORM, () -> writeAsPeer(ml.normalized(OUTPUT))));
        }
        writes.add(new Operation(TRAIN, () -> train(data)));
        writes.add(new Operation(UNGUARDED, () -> train(tensor(dataSet, data, null))));
        if (scaler != null) {
            writes.add(new Operation(SCALER_TRANSFORM, () -> transform(scaler)));
        }
        if (twice != null) {
            writes.add(new Operation(TRAIN_TWICE, () -> train(twice)));
        }
        return writes;
    }

    private void scan() {
        Column[] tensor = dataSet.columns().stream().map(data::col).toArray(Column[]::new);
        data.select(tensor).write().format("noop").mode("overwrite").save();
    }

    private static DatasetStatistics statistics(BenchData dataSet, Dataset<Row> data, @Nullable String batchColumn) {
        return tensor(dataSet, data, batchColumn).statistics();
    }

    private static TensorDataset tensor(BenchData dataSet, Dataset<Row> data, @Nullable String batchColumn) {
        return TensorDataset.of(data, dataSet.options(batchColumn));
    }

    private static BatchNormState afterFit(DatasetStatistics statistics) {
        return statistics.stateAfter(BatchNormState.initial(statistics.channels(), BatchNormConfig.DEFAULT));
    }

    private void evaluate() {
        try (BroadcastDataset normalized =
                tensor(dataSet, data, null).normalize(state, OUTPUT).broadcast()) {
            write(normalized.dataset());
        }
    }

    private void train(Dataset<Row> rows) {
        train(tensor(dataSet, rows, null).withGuard());
    }

    private void train(TensorDataset x) {
        try (BroadcastDataset normalized =
                x.normalize(x.statistics(), state, OUTPUT).broadcast()) {
            write(normalized.dataset());
            normalized.requireSameRows();
        }
    }

    /** The columns that normalizing writes, with existing values of the same type and number. */
    private Dataset<Row> copy() {
        return switch (dataSet.kind()) {
            case COLUMNS -> data;
            case IMAGE -> data.withColumn(OUTPUT, functions.lit(constant)); // images are normalized to doubles
            case SPARSE_VECTOR -> data.withColumn(
                    OUTPUT, array_to_vector(functions.lit(constant))); // sparse vectors to dense ones
            default -> data.withColumn(OUTPUT, data.col(BenchData.TENSOR));
        };
    }

    private void write(Dataset<Row> result) {
        new OutputWriter("parquet", Map.of()).write(result, written, output);
    }

    /** Writes as the peers do: with Spark's own writer and the same options. */
    private void writeAsSpark(Dataset<Row> result) {
        new OutputWriter("parquet", Map.of()).plainWriter(result, written).save(output.toString());
    }

    /** Vectors are written as StandardScaler's, with Spark's own writer, and all else with the library's. */
    private void writeAsPeer(Dataset<Row> result) {
        if (dataSet.isVector()) {
            writeAsSpark(result);
        } else {
            write(result);
        }
    }

    private void aggregate() {
        List<Column> columns = new ArrayList<>();
        for (String name : dataSet.columns()) {
            columns.add(functions.avg(name));
            columns.add(functions.var_pop(name));
        }
        data.agg(columns.get(0), columns.subList(1, columns.size()).toArray(Column[]::new))
                .head();
    }

    private static boolean isInColumns(BenchData dataSet) {
        return dataSet.kind() == BenchData.Kind.COLUMNS;
    }

    private static boolean hasVectors(BenchData dataSet) {
        return dataSet.shape().size() == 1 && !isInColumns(dataSet);
    }

    private static Dataset<Row> vectors(BenchData dataSet, Dataset<Row> data) {
        Column x = data.col(BenchData.TENSOR);
        return data.withColumn(
                VECTOR,
                switch (dataSet.kind()) {
                    case DENSE_VECTOR, SPARSE_VECTOR -> x;
                    case BINARY -> functions
                            .udf((UDF1<byte[], Vector>) BenchOperations::toVector, SQLDataTypes.VectorType())
                            .apply(x);
                    default -> array_to_vector(x);
                });
    }

    /** Binary tensors as vectors, for which Spark has no function. */
    private static Vector toVector(byte[] bytes) {
        FloatBuffer floats =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        double[] values = new double[floats.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats.get(i);
        }
        return Vectors.dense(values);
    }

    private static byte[] toBytes(Vector vector) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : vector.toArray()) {
            bytes.putFloat((float) value);
        }
        return bytes.array();
    }

    private static StandardScaler scaler() {
        return new StandardScaler().setInputCol(VECTOR).setOutputCol(SCALED).setWithMean(true);
    }

    private void transform(StandardScalerModel model) {
        Column scaled = new Column(SCALED);
        Column result =
                switch (dataSet.kind()) {
                    case DENSE_VECTOR, SPARSE_VECTOR -> scaled;
                    case BINARY -> functions
                            .udf((UDF1<Vector, byte[]>) BenchOperations::toBytes, DataTypes.BinaryType)
                            .apply(scaled);
                    case FLOATS -> vector_to_array(scaled, "float32");
                    default -> vector_to_array(scaled, "float64");
                };
        writeAsSpark(model.transform(vectors(dataSet, data))
                .withColumn(OUTPUT, result)
                .drop(VECTOR, SCALED));
    }
}
