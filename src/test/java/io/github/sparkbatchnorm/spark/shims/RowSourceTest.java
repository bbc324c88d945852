package io.github.sparkbatchnorm.spark.shims;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which sources are read in place, and in which vectors their columns come. */
final class RowSourceTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String OFF_HEAP = "spark.sql.columnVector.offheap.enabled";

    private static final String FIRST_VERSION = "spark.sql.sources.useV1SourceList";
    private static final String ADAPTIVE = "spark.sql.adaptive.enabled";

    private Dataset<Row> data() {
        return spark().range(0, 100, 1, 1)
                .selectExpr(
                        "cast(id as float) a",
                        "cast(id as double) b",
                        "array(cast(id as float), 1f) x",
                        "array(array(1d, 2d)) nested",
                        "cast(cast(id as string) as binary) raw",
                        "named_struct('h', 1, 'data', cast(cast(id as string) as binary)) image",
                        "id % 2 k");
    }

    /** The simple names of the classes of a data set's vectors, of each batch; null if it is read by rows only. */
    private static @Nullable List<String> vectors(Dataset<Row> data) {
        JavaRDD<SourceBatch> batches = new RowSource(data).batches();
        return batches == null
                ? null
                : batches.map(RowSourceTest::classes).distinct().collect();
    }

    private static String classes(SourceBatch batch) {
        ColumnarBatch columns = batch.columns();
        if (columns == null) {
            return "rows";
        }
        String[] names = new String[columns.numCols()];
        for (int i = 0; i < names.length; i++) {
            names[i] = columns.column(i).getClass().getSimpleName();
        }
        return String.join(" ", names);
    }

    @ParameterizedTest
    @CsvSource({
        "parquet,false,OnHeapColumnVector OnHeapColumnVector OnHeapColumnVector OnHeapColumnVector OnHeapColumnVector",
        "parquet,true,OffHeapColumnVector OffHeapColumnVector OffHeapColumnVector OffHeapColumnVector"
                + " OffHeapColumnVector",
        "orc,false,OrcAtomicColumnVector OrcArrayColumnVector OrcArrayColumnVector OrcAtomicColumnVector"
                + " OrcStructColumnVector"
    })
    void columnsOfFilesAreReadInPlace(String format, boolean offHeap, String expected, @TempDir Path folder) {
        String path = folder.resolve("data").toString();
        data().write().format(format).partitionBy("k").save(path);
        spark().conf().set(OFF_HEAP, offHeap);
        try {
            Dataset<Row> read = spark().read().format(format).load(path);
            assertThat(vectors(read.select("a", "x", "nested", "raw", "image"))).containsExactly(expected);
            assertThat(vectors(read.select("k"))).containsExactly("ConstantColumnVector");
            assertThat(vectors(read.select("k", "a")).get(0)).startsWith("ConstantColumnVector ");
        } finally {
            spark().conf().unset(OFF_HEAP);
        }
    }

    @ParameterizedTest
    @CsvSource({"parquet,OnHeapColumnVector", "orc,OnHeapColumnVector"})
    void columnsThatFilesDoNotHaveAreReadInPlace(String format, String expected, @TempDir Path folder) {
        String path = folder.resolve("data").toString();
        data().write().format(format).save(path);
        StructType schema = new StructType().add("x2", DataTypes.createArrayType(DataTypes.FloatType));
        assertThat(vectors(spark().read().schema(schema).format(format).load(path)))
                .containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cachedDataIsReadByRows(boolean adaptive) {
        spark().conf().set(ADAPTIVE, adaptive);
        Dataset<Row> cached = data().select("a", "x").cache();
        try {
            for (String column : List.of("a", "x")) {
                assertThat(vectors(cached.select(column))).isNull();
                assertThat(new RowSource(cached.select(column)).rows().count()).isEqualTo(100);
            }
        } finally {
            cached.unpersist(true);
            spark().conf().unset(ADAPTIVE);
        }
    }

    @ParameterizedTest
    @CsvSource({"parquet,OnHeapColumnVector OnHeapColumnVector", "orc,OrcAtomicColumnVector OrcArrayColumnVector"})
    void columnsOfTheSecondVersionOfSourcesAreReadInPlace(String format, String expected, @TempDir Path folder) {
        String path = folder.resolve("data").toString();
        data().write().format(format).save(path);
        spark().conf().set(FIRST_VERSION, "");
        try {
            Dataset<Row> read = spark().read().format(format).load(path);
            assertThat(vectors(read.select("a", "x"))).containsExactly(expected);
        } finally {
            spark().conf().unset(FIRST_VERSION);
        }
    }

    @ParameterizedTest
    @CsvSource({"parquet,OnHeapColumnVector", "orc,OrcAtomicColumnVector"})
    void manyColumnsAreReadInPlace(String format, String expected, @TempDir Path folder) {
        String path = folder.resolve("data").toString();
        int columns = 150;
        Dataset<Row> data = spark().range(0, 100, 1, 1)
                .select(IntStream.range(0, columns)
                        .mapToObj(c -> functions.col("id").plus(c).cast("float").as("c" + c))
                        .toArray(Column[]::new));
        data.write().format(format).save(path);
        Dataset<Row> read = spark().read().format(format).load(path);
        String limit = spark().conf().get("spark.sql.codegen.maxFields");
        assertThat(vectors(read)).containsExactly(String.join(" ", Collections.nCopies(columns, expected)));
        assertThat(new RowSource(read).rows().count()).isEqualTo(100);
        assertThat(spark().conf().get("spark.sql.codegen.maxFields")).isEqualTo(limit);

        Dataset<Row> some = read.where("c3 > 50");
        assertThat(vectors(some)).isNull();
        assertThat(new RowSource(some).rows().map(row -> row.getFloat(3)).reduce(Math::min))
                .isEqualTo(51);
        Dataset<Row> cached = read.cache();
        try {
            assertThat(vectors(cached.select("*"))).isNull();
        } finally {
            cached.unpersist(true);
        }
    }

    @Test
    void rowsThatAnOperatorChangesAreNotReadInPlace(@TempDir Path folder) {
        String path = folder.resolve("data").toString();
        data().write().parquet(path);
        Dataset<Row> read = spark().read().parquet(path);
        assertThat(vectors(read.selectExpr("a + 1 a"))).isNull();
        assertThat(vectors(read.where("a > 3"))).isNull();
        assertThat(vectors(read.repartition(3))).isNull();
        assertThat(vectors(data())).isNull();
    }

    @Test
    void aBatchThatFailsAtTheFirstTouchIsReadByRows() {
        OnHeapColumnVector closed = new OnHeapColumnVector(1, DataTypes.FloatType);
        closed.putFloat(0, 3);
        OnHeapColumnVector open = new OnHeapColumnVector(1, DataTypes.FloatType);
        open.putFloat(0, 5);
        closed.close();
        StructType schema = new StructType().add("x", DataTypes.FloatType, false);
        ColumnarBatch batch = new ColumnarBatch(new ColumnVector[] {closed, open}, 1);
        assertThat(only(new BatchColumns(new int[] {0}, schema), batch).columns())
                .isNull();
        assertThat(only(new BatchColumns(new int[] {1}, schema), batch).columns())
                .isNotNull();
    }

    @Test
    void aSubclassOfABatchIsReadByItsOwnRows() {
        OnHeapColumnVector vector = new OnHeapColumnVector(2, DataTypes.FloatType);
        vector.putFloat(0, 3);
        vector.putFloat(1, 5);
        ColumnarBatch onlySecond = new ColumnarBatch(new ColumnVector[] {vector}, 2) {
            @Override
            public Iterator<InternalRow> rowIterator() {
                return Arrays.asList(getRow(1)).iterator();
            }
        };
        StructType schema = new StructType().add("x", DataTypes.FloatType, false);
        SourceBatch batch = only(new BatchColumns(new int[] {0}, schema), onlySecond);
        assertThat(batch.columns()).isNull();
        assertThat(batch.rows().next().getFloat(0)).isEqualTo(5);
        assertThat(batch.rows().hasNext()).isFalse();
    }

    private static SourceBatch only(BatchColumns columns, ColumnarBatch batch) {
        return columns.select(List.of(batch).iterator()).next();
    }
}
