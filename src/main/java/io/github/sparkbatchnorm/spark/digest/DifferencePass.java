package io.github.sparkbatchnorm.spark.digest;

import io.github.sparkbatchnorm.spark.rows.RowText;
import io.github.sparkbatchnorm.spark.shims.RowSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.function.PairFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * The rows that one of two data sets has more often than the other. Only hashes are shuffled; the rows that are shown
 * as examples are looked for in one more pass.
 */
public final class DifferencePass {
    /** Of the hash of a row: enough to tell rows apart, in half of the space. */
    private static final int KEY_BYTES = 16;

    private final Dataset<Row> first;
    private final Dataset<Row> second;
    /** By row, how many more there are in the first data set than in the second; never 0. */
    private final JavaPairRDD<String, Long> surplus;

    /**
     * A comparison that has not run.
     *
     * @param first rows
     * @param second rows of the same schema
     */
    public DifferencePass(Dataset<Row> first, Dataset<Row> second) {
        this.first = first;
        this.second = second;
        surplus = keys(first, 1).union(keys(second, -1)).reduceByKey(Long::sum).filter(row -> row._2() != 0);
    }

    /** {@return how many rows the first data set has that the second has not, or less often} */
    public long onlyInFirst() {
        return surplus.values().filter(n -> n > 0).fold(0L, Long::sum);
    }

    /** {@return how many rows the second data set has that the first has not, or less often} */
    public long onlyInSecond() {
        return -surplus.values().filter(n -> n < 0).fold(0L, Long::sum);
    }

    /**
     * {@return some different rows of those that the first data set has more often, as text}
     *
     * @param most how many, at most
     */
    public List<String> examplesOfFirst(int most) {
        return texts(first, surplus.filter(row -> row._2() > 0).keys().take(most));
    }

    /**
     * {@return some different rows of those that the second data set has more often, as text}
     *
     * @param most how many, at most
     */
    public List<String> examplesOfSecond(int most) {
        return texts(second, surplus.filter(row -> row._2() < 0).keys().take(most));
    }

    private static JavaPairRDD<String, Long> keys(Dataset<Row> data, long weight) {
        return new RowSource(data).rows().mapToPair(new WeighedKey(data.schema(), weight));
    }

    /** The key of a row, with a weight. Each task has its own copy. */
    private static final class WeighedKey implements PairFunction<InternalRow, String, Long> {
        private final StructType schema;
        private final long weight;
        private transient @Nullable RowHasher hasher;

        WeighedKey(StructType schema, long weight) {
            this.schema = schema;
            this.weight = weight;
        }

        @Override
        public Tuple2<String, Long> call(InternalRow row) {
            if (hasher == null) {
                hasher = new RowHasher(schema);
            }
            return new Tuple2<>(key(hasher.hash(row)), weight);
        }
    }

    private static String key(byte[] hash) {
        return HexFormat.of().formatHex(hash, 0, KEY_BYTES);
    }

    private static List<String> texts(Dataset<Row> data, List<String> keys) {
        if (keys.isEmpty()) {
            return List.of();
        }
        StructType schema = data.schema();
        int columns = schema.length();
        Set<String> wanted = new HashSet<>(keys);
        List<String> texts = new ArrayList<>(new RowSource(withText(data))
                .rows()
                .mapPartitionsToPair(rows -> {
                    RowHasher hasher = new RowHasher(schema);
                    List<Tuple2<String, String>> found = new ArrayList<>();
                    Set<String> missing = new HashSet<>(wanted);
                    rows.forEachRemaining(row -> {
                        String key = key(hasher.hash(row));
                        if (missing.remove(key)) {
                            found.add(
                                    new Tuple2<>(key, row.getUTF8String(columns).toString()));
                        }
                    });
                    return found.iterator();
                })
                .reduceByKey((text, same) -> text)
                .values()
                .collect());
        texts.sort(null);
        return texts;
    }

    /** The data with one more column, each row as text. Two columns may have one name. */
    private static Dataset<Row> withText(Dataset<Row> data) {
        String[] numbered = IntStream.range(0, data.schema().length())
                .mapToObj(Integer::toString)
                .toArray(String[]::new);
        Dataset<Row> renamed = data.toDF(numbered);
        List<Column> columns = new ArrayList<>();
        for (String name : numbered) {
            columns.add(renamed.col(name));
        }
        Column text = RowText.of(Arrays.asList(data.columns()), columns);
        columns.add(text);
        return renamed.select(columns.toArray(Column[]::new));
    }
}
