package io.github.sparkbatchnorm.spark.shims;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorBackward;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Statistics, gradients and y have the bits of the row path, whatever vectors and nodes other engines put in. */
final class ForeignEngineTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);
    private static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.LongType)
            .add("x", FLOATS)
            .add("dy", FLOATS)
            .add("holed", FLOATS)
            .add("vector", SQLDataTypes.VectorType())
            .add("nested", DataTypes.createArrayType(FLOATS))
            .add("raw", DataTypes.BinaryType)
            .add("a", DataTypes.FloatType)
            .add("b", DataTypes.DoubleType);

    private static final List<TensorOptions> COLUMNS = List.of(
            Tensors.column("x"),
            Tensors.column("holed", HandleInvalid.SKIP),
            Tensors.column("vector"),
            Tensors.column("nested"),
            Tensors.column("raw"),
            Tensors.channels(HandleInvalid.SKIP, "a", "b"));

    private Dataset<Row> rows;
    private String path;

    @BeforeEach
    void write(@TempDir Path folder) {
        Random random = new Random(7);
        List<Row> made = new ArrayList<>();
        for (long id = 0; id < 200; id++) {
            List<Float> x = floats(random);
            made.add(RowFactory.create(
                    id,
                    x,
                    floats(random),
                    id % 3 == 0 ? Arrays.asList(null, 1f, null, 2f) : x,
                    id % 2 == 0
                            ? Vectors.dense(random.nextGaussian(), 2, 3)
                            : Vectors.sparse(3, new int[] {1}, new double[] {random.nextGaussian()}),
                    List.of(x, floats(random)),
                    ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putFloat(x.get(0))
                            .putFloat(x.get(1))
                            .array(),
                    id % 5 == 0 ? null : x.get(2),
                    random.nextGaussian()));
        }
        rows = spark().createDataFrame(made, SCHEMA).coalesce(1);
        path = folder.resolve("data").toString();
        rows.write().parquet(path);
    }

    private static List<Float> floats(Random random) {
        List<Float> values = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            values.add((float) random.nextGaussian());
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(value = ForeignVectors.class, names = "THROWING", mode = EnumSource.Mode.EXCLUDE)
    void vectorsOfAnotherReaderUnderSparksScanAreReadByRows(ForeignVectors vectors) {
        Dataset<Row> data = spark().read()
                .format(ForeignFormat.class.getName())
                .option("vectors", vectors.name())
                .load(path);
        assertThat(isReadInPlace(data.select("x"))).containsOnly(false);
        assertHasTheBitsOfTheRows(data);
    }

    @ParameterizedTest
    @CsvSource({"REUSING,true", "REUSING,false", "LYING,true", "LYING,false", "WRITABLE,false", "THROWING,true"})
    void plansWithNodesOfAnotherEngineAreExecutedAsTheyAre(ForeignVectors vectors, boolean ownRows) {
        ForeignEngine engine = new ForeignEngine(vectors, ownRows);
        SparkSession shared = spark();
        SparkSession.clearActiveSession();
        SparkSession.clearDefaultSession();
        try {
            SparkSession session =
                    SparkSession.builder().withExtensions(engine::install).getOrCreate();
            Dataset<Row> data = session.read().parquet(path);
            assertThat(data.queryExecution().executedPlan().toString()).contains("Scan");
            assertThat(new RowSource(data.select("x")).batches()).isNull();
            assertHasTheBitsOfTheRows(data);
        } finally {
            SparkSession.setDefaultSession(shared);
            SparkSession.setActiveSession(shared);
        }
    }

    private static List<Boolean> isReadInPlace(Dataset<Row> data) {
        return new RowSource(data)
                .batches()
                .map(batch -> batch.columns() != null)
                .collect();
    }

    private void assertHasTheBitsOfTheRows(Dataset<Row> data) {
        for (TensorOptions options : COLUMNS) {
            DatasetStatistics expected = Tensors.statistics(rows, options);
            DatasetStatistics found = Tensors.statistics(data, options);
            assertThat(found.digest()).as(options.columns().toString()).isEqualTo(expected.digest());
            assertThat(found.rows()).isEqualTo(expected.rows());
            assertThat(normalized(data, options, expected)).isEqualTo(normalized(rows, options, expected));
        }
        DatasetGradients expected = gradients(rows);
        DatasetGradients found = gradients(data);
        assertThat(found.batches().get(0).gradients().weight())
                .isEqualTo(expected.batches().get(0).gradients().weight());
        assertThat(found.batches().get(0).gradients().bias())
                .isEqualTo(expected.batches().get(0).gradients().bias());
        assertThat(dx(data, expected)).isEqualTo(dx(rows, expected));
    }

    private static DatasetGradients gradients(Dataset<Row> data) {
        return backward(data).trainingGradients(BatchNormConfig.DEFAULT);
    }

    private static TensorBackward backward(Dataset<Row> data) {
        return TensorDataset.of(data, Tensors.column("x")).backward(List.of("dy"));
    }

    private static List<String> dx(Dataset<Row> data, DatasetGradients gradients) {
        BatchNormState state = BatchNormState.initial(4, BatchNormConfig.DEFAULT);
        try (BroadcastDataset dataset =
                backward(data).inputGradients(gradients, state, "dx").broadcast()) {
            return dataset.dataset().orderBy("id").select("dx").toJSON().collectAsList();
        }
    }

    private static List<String> normalized(Dataset<Row> data, TensorOptions options, DatasetStatistics statistics) {
        BatchNormState state = BatchNormState.initial(statistics.channels(), BatchNormConfig.DEFAULT);
        try (BroadcastDataset normalized = TensorDataset.of(data, options)
                .normalize(statistics, state, "y")
                .broadcast()) {
            Dataset<Row> y = normalized.dataset();
            return y.orderBy("id")
                    .select(options.isChannelPerColumn() ? "a" : "y")
                    .toJSON()
                    .collectAsList();
        }
    }

    @Test
    void anEmptyFileOfAnotherReaderHasNoRows(@TempDir Path folder) {
        String empty = folder.resolve("empty").toString();
        rows.limit(0).write().parquet(empty);
        Dataset<Row> data = spark().read()
                .format(ForeignFormat.class.getName())
                .option("vectors", ForeignVectors.LYING.name())
                .load(empty);
        assertThat(isReadInPlace(data.select("x"))).isEmpty();
    }
}
