package io.github.sparkbatchnorm.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.io.TempDir;

/** The base of tests that run commands on files in a folder of their own. */
public abstract class CommandTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    protected static final String WINE = "jobs/examples/wine.csv";

    @TempDir
    protected Path directory;

    /** Runs a command that has to succeed; DIR stands for the folder. */
    protected final CommandRun run(String words) {
        return CommandRun.ofWords(words.replace("DIR", directory.toString())).succeeds();
    }

    protected final void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    /** Rows of an id, a tensor column x of two channels and a batch column b of three batches. */
    protected final void writeSample(String name) {
        spark().sql("SELECT id, array(double(id), id * id) AS x, id % 3 AS b FROM range(20)")
                .write()
                .parquet(directory.resolve(name).toString());
    }

    protected final Dataset<Row> read(String format, Path path) {
        return spark().read()
                .format(format)
                .option("header", true)
                .option("inferSchema", true)
                .load(path.toString());
    }

    protected final JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(name).toFile());
    }

    protected final BatchNormState state(String name) throws IOException {
        return StateJson.read(Files.readString(directory.resolve(name)), name);
    }

    /** The lines of the csv file in a folder. */
    protected final List<String> lines(String folder) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(folder))) {
            Path only = files.filter(file -> file.toString().endsWith(".csv"))
                    .findFirst()
                    .orElseThrow();
            return Files.readAllLines(only);
        }
    }
}
