package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.CommandTest;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Input and output of every format, from end to end. */
final class FormatsTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    @Test
    void jsonKeepsColumnsThatAreNull() {
        spark().sql("SELECT id, array(double(id)) AS x, string(NULL) AS empty FROM range(3)")
                .write()
                .parquet(directory + "/in");
        run("normalize --mode train --input DIR/in --column x --output DIR/out --output-format json");
        assertThat(read("json", directory.resolve("out")).columns()).contains("id", "x", "empty", "x_normalized");
    }

    @Test
    void realPicturesAreTensors() throws IOException {
        Path pictures = Files.createDirectory(directory.resolve("pictures"));
        for (int i = 0; i < 3; i++) {
            BufferedImage picture = new BufferedImage(4 + i, 3, BufferedImage.TYPE_INT_RGB);
            for (int w = 0; w < picture.getWidth(); w++) {
                picture.setRGB(w, 1, 0x102030 * (w + i));
            }
            ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
        }
        Files.writeString(pictures.resolve("broken.png"), "no picture");
        CommandRun run = run("normalize --mode train --format image --handle-invalid keep --input DIR/pictures"
                + " --output DIR/out");
        assertThat(run.result("rows")).isEqualTo("3");
        assertThat(run.result("channels")).isEqualTo("3");
        Dataset<Row> out = read("parquet", directory.resolve("out"));
        assertThat(out.schema().apply("image_normalized").dataType())
                .isEqualTo(DataTypes.createArrayType(DataTypes.DoubleType, true));
        assertThat(out.selectExpr("coalesce(size(image_normalized), -1) AS n").sort("n").collectAsList().stream()
                        .map(row -> row.getInt(0)))
                .containsExactly(-1, 36, 45, 54);
        run("stats --input DIR/pictures/0.png --input DIR/pictures/1.png");
    }

    @Test
    void libsvmHasAColumnOfItsOwn() throws IOException {
        Files.writeString(directory.resolve("rows.libsvm"), "1 1:0.5 3:2.0\n0 2:1.5\n1 1:1.0 2:2.0 3:3.0\n");
        CommandRun run = run("normalize --mode train --input DIR/rows.libsvm --output DIR/out");
        assertThat(run.result("channels")).isEqualTo("3");
        Row row = read("parquet", directory.resolve("out")).where("label = 0").first();
        assertThat(row.<Vector>getAs("features_normalized").size()).isEqualTo(3);
    }

    @Test
    void severalCompressedFilesWithOptionsAreRead() throws IOException {
        for (String name : List.of("a", "b")) {
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(directory.resolve(name + ".csv.gz")))) {
                out.write("u;v\n1;2\n3;5\n".getBytes(StandardCharsets.UTF_8));
            }
        }
        CommandRun run = run("stats --input DIR/a.csv.gz --input DIR/b.csv.gz --option sep=; --columns u,v");
        assertThat(run.result("rows")).isEqualTo("4");
        assertThat(run.out()).contains(" u       |     4 |    2 |        1 |   1 |   3");
    }

    @Test
    void theDefaultsForCsvGiveWayToOptions() throws IOException {
        Files.writeString(directory.resolve("a.csv"), "1,2\n3,5\n");
        CommandRun run = run("stats --input DIR/a.csv --option HEADER=false --columns _c0,_c1");
        assertThat(run.result("rows")).isEqualTo("2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--column x", "--columns u,v", "--column m"})
    void normalizedColumnsHaveNoDictionary(String columns) throws IOException {
        spark().sql("SELECT id, array(float(id % 5), 1F) AS x, float(id % 5) AS u, double(id % 5) AS v,"
                        + " array(array(double(id % 5))) AS m FROM range(1000)")
                .write()
                .parquet(directory + "/in");
        run("normalize --mode train --input DIR/in --output DIR/out " + columns);
        run("normalize --mode train --input DIR/in --output DIR/dictionary --output-option"
                + " parquet.enable.dictionary=true " + columns);
        List<String> normalized =
                columns.equals("--columns u,v") ? List.of("u", "v") : List.of(columns.substring(9) + "_n");
        assertThat(dictionaryColumns("out")).isNotEmpty().noneMatch(path -> normalized.stream()
                .anyMatch(path::startsWith));
        assertThat(dictionaryColumns("dictionary"))
                .anyMatch(path -> normalized.stream().anyMatch(path::startsWith));
    }

    private List<String> dictionaryColumns(String folder) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(folder))) {
            Path part = files.filter(file -> file.toString().endsWith(".parquet"))
                    .findFirst()
                    .orElseThrow();
            HadoopInputFile input =
                    HadoopInputFile.fromPath(new org.apache.hadoop.fs.Path(part.toUri()), new Configuration());
            try (ParquetFileReader reader = ParquetFileReader.open(input)) {
                return reader.getFooter().getBlocks().get(0).getColumns().stream()
                        .filter(column -> hasDictionary(column))
                        .map(column -> column.getPath().toDotString())
                        .toList();
            }
        }
    }

    private static boolean hasDictionary(ColumnChunkMetaData column) {
        return column.getEncodings().stream().anyMatch(Encoding::usesDictionary);
    }
}
