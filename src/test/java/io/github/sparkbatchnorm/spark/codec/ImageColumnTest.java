package io.github.sparkbatchnorm.spark.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images have the statistics of the arrays of their bytes, through every file format. */
final class ImageColumnTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @Test
    void imagesHaveTheDigestOfTheArraysOfTheirBytes(@TempDir Path folder) {
        StructType schema = ImageSchema.imageSchema().add("x", DataTypes.createArrayType(DataTypes.IntegerType));
        for (int channels : new int[] {1, 3, 4, 20}) {
            Dataset<Row> once = spark().createDataFrame(images(channels), schema);
            Dataset<Row> often = once.union(once).union(once).union(once).coalesce(1); // Parquet makes dictionaries
            for (Dataset<Row> images : List.of(once, often)) {
                String digest = Tensors.statistics(
                                images.filter("x is not null"), Tensors.channelsLast("x", 2, 2, channels))
                        .digest();
                TensorOptions column = Tensors.column("image", HandleInvalid.SKIP);
                assertThat(Tensors.statistics(images, column).digest()).isEqualTo(digest);
                for (String format : List.of("parquet", "orc")) {
                    String path = folder.resolve(format).toString();
                    images.write().mode("overwrite").format(format).save(path);
                    Dataset<Row> read = spark().read().format(format).load(path);
                    assertThat(Tensors.statistics(read, column).digest())
                            .as(format + channels)
                            .isEqualTo(digest);
                }
            }
        }
    }

    @Test
    void imagesThatAFileDoesNotHaveAreNull(@TempDir Path folder) {
        StructType schema = ImageSchema.imageSchema().add("id", DataTypes.LongType);
        for (String format : List.of("parquet", "orc")) {
            String path = folder.resolve(format).toString();
            spark().range(300).write().format(format).save(path);
            Dataset<Row> read = spark().read().schema(schema).format(format).load(path);
            assertThatThrownBy(() -> Tensors.statistics(read, Tensors.column("image")))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageContaining("column image: null in 300 rows");
        }
    }

    /** Images of 2 by 2 pixels, and the same bytes as arrays; some null, some that could not be decoded. */
    private static List<Row> images(int channels) {
        Random random = new Random(channels);
        List<Row> rows = new ArrayList<>();
        for (int r = 0; r < 200; r++) {
            byte[] bytes = new byte[4 * channels];
            random.nextBytes(bytes);
            List<Integer> x = new ArrayList<>();
            for (byte b : bytes) {
                x.add(b & 0xFF);
            }
            rows.add(
                    switch (r % 20) {
                        case 7 -> RowFactory.create(null, null);
                        case 13 -> RowFactory.create(RowFactory.create("bad", -1, -1, -1, -1, new byte[0]), null);
                        default -> RowFactory.create(RowFactory.create("good", 2, 2, channels, 16, bytes), x);
                    });
        }
        return rows;
    }
}
