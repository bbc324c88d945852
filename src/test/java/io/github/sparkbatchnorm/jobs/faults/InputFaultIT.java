package io.github.sparkbatchnorm.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.spark.RowDigest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A file among many cannot be read, or files change while they are read. */
@Tag("full")
final class InputFaultIT extends FaultTesting {
    private static final int BROKEN = 5;
    private static final int SMASHED = 1000;

    /** What is wrong with a file. */
    enum Damage {
        TRUNCATED,
        EMPTY,
        /** Bytes of the column x are other ones, in the middle of the file. */
        SMASHED_X,
        /** Bytes of a column that only the second pass reads. */
        SMASHED_ID
    }

    @Override
    Map<String, String> settings() {
        return Map.of();
    }

    private List<Path> dataFiles(String name) throws IOException {
        return files(name).stream()
                .filter(file -> file.getFileName().toString().startsWith("part-"))
                .toList();
    }

    private Path damaged(Damage damage) throws IOException {
        FileUtils.deleteDirectory(directory.resolve("damaged").toFile());
        FileUtils.copyDirectory(
                directory.resolve("in").toFile(), directory.resolve("damaged").toFile());
        Path file = dataFiles("damaged").get(BROKEN);
        switch (damage) {
            case TRUNCATED -> cut(file, Files.size(file) / 2);
            case EMPTY -> cut(file, 0);
            case SMASHED_X -> smash(file, "x.list.element");
            case SMASHED_ID -> smash(file, "id");
        }
        return file;
    }

    private static void cut(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    /** Overwrites the start of a column in the row group in the middle. */
    private static void smash(Path file, String column) throws IOException {
        byte[] bytes = new byte[SMASHED];
        Arrays.fill(bytes, (byte) 0xff);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(middle(file, column).getStartingPos());
            out.write(bytes);
        }
    }

    /** Changes some bits of many values. */
    private static void flip(Path file, String column) throws IOException {
        ColumnChunkMetaData chunk = middle(file, column);
        // The levels of a page are at its start.
        long place = chunk.getStartingPos() + chunk.getTotalSize() * 3 / 4;
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] bytes = new byte[SMASHED];
            out.seek(place);
            out.readFully(bytes);
            for (int i = 0; i < SMASHED; i++) {
                bytes[i] ^= 1;
            }
            out.seek(place);
            out.write(bytes);
        }
    }

    /** A column in the row group in the middle. */
    private static ColumnChunkMetaData middle(Path file, String column) throws IOException {
        try (ParquetFileReader reader = ParquetFileReader.open(
                HadoopInputFile.fromPath(new org.apache.hadoop.fs.Path(file.toUri()), new Configuration()))) {
            int groups = reader.getRowGroups().size();
            assertThat(groups).as("row groups").isGreaterThan(2);
            return reader.getRowGroups().get(groups / 2).getColumns().stream()
                    .filter(chunk -> chunk.getPath().toDotString().equals(column))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"TRUNCATED", "SMASHED_X", "SMASHED_ID"})
    void aFileThatCannotBeReadIsNamed(Damage damage) throws Exception {
        String name = damaged(damage).getFileName().toString();
        inARow(() -> assertNothingChanged(run(train(path("damaged"), true), null), name));
    }

    /**
     * Both passes leave out the same rows, or there is an error. A file without bytes is one that Spark never reads.
     */
    @ParameterizedTest
    @CsvSource({"TRUNCATED, false", "EMPTY, false", "SMASHED_X, false", "SMASHED_ID, true"})
    void whatIsLeftOutIsLeftOutInBothPasses(Damage damage, boolean differs) throws Exception {
        damaged(damage);
        spark.conf().set("spark.sql.files.ignoreCorruptFiles", "true");
        try {
            RowDigest readable = RowDigest.of(spark.read().parquet(path("damaged")));
            assertThat(readable.rows()).isBetween(ROWS - ROWS / FILES + 0L, ROWS - 1L);
            inARow(() -> {
                CommandRun run = run(train(path("damaged"), true), null);
                if (differs) {
                    assertNothingChanged(run, "the second pass over the data found", "rows instead of");
                } else {
                    run.succeeds();
                    assertThat(RowDigest.of(spark.read().parquet(path("out")).drop("x_normalized")))
                            .isEqualTo(readable);
                }
            });
        } finally {
            spark.conf().unset("spark.sql.files.ignoreCorruptFiles");
        }
    }

    @Test
    void filesOfTheSameNameAndSizeThatReplaceTheInputAreAnError() throws Exception {
        for (String copy : List.of("other", "changing")) {
            FileUtils.copyDirectory(
                    directory.resolve("in").toFile(), directory.resolve(copy).toFile());
        }
        flip(dataFiles("other").get(BROKEN), "x.list.element");
        String words = train(path("changing"), true);
        inARow(() -> {
            replace("in");
            DiskFileSystem.beforeNextCreate("new-state.json", () -> replace("other"));
            assertNothingChanged(
                    run(words, null),
                    "column x: the second pass over the data found 40,000 rows, some with other values",
                    "the data has changed");
        });
    }

    private void replace(String source) {
        try {
            List<Path> old = dataFiles("changing");
            List<Path> other = dataFiles(source);
            assertThat(other).hasSameSizeAs(old).hasSize(FILES);
            for (int i = 0; i < old.size(); i++) {
                assertThat(Files.size(other.get(i))).isEqualTo(Files.size(old.get(i)));
                Files.copy(other.get(i), old.get(i), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
