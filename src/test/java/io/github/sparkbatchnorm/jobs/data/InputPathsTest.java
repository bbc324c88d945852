package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No output takes the place of what is read, however that is named, and nothing is read twice. */
final class InputPathsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @TempDir
    static Path directory;

    private Map<String, Long> before = new TreeMap<>();

    /** Folders runs/a/features and runs/b/features, links to them, a table and views of them. */
    @BeforeEach
    void writeData() throws IOException {
        if (Files.notExists(directory.resolve("out"))) {
            for (String run : List.of("a", "b")) {
                write("runs/" + run + "/features");
            }
            Files.createSymbolicLink(directory.resolve("link"), Path.of("runs/a"));
            Files.createSymbolicLink(directory.resolve("runs/latest"), Path.of("b"));
            Files.createDirectory(directory.resolve("out"));
            spark().sql("CREATE TABLE places (x ARRAY<DOUBLE>, k INT) USING parquet PARTITIONED BY (k) LOCATION '"
                    + directory + "/table'");
            spark().sql("INSERT INTO places SELECT array(double(id), 1.0D), id % 2 FROM range(4)");
            spark().sql("CREATE TEMPORARY VIEW places_view AS SELECT x FROM places WHERE k = 0");
            spark().sql("CREATE TEMPORARY VIEW other_view AS SELECT x FROM places WHERE k = 1");
            spark().read().parquet(directory + "/runs/a/features").createOrReplaceTempView("a_view");
            spark().sql(
                            "CREATE TEMPORARY VIEW sub_view AS SELECT x FROM places WHERE k <= (SELECT max(id) FROM a_view)");
        }
        before = files();
    }

    private void write(String name) {
        spark().sql("SELECT id, array(double(id), 1.0D) AS x, array(1.0D, 2.0D) AS dy FROM range(4)")
                .coalesce(1)
                .write()
                .parquet(directory + "/" + name);
    }

    /** Else JUnit would warn of links that lead out of its folder. */
    @AfterAll
    static void deleteLinks() throws IOException {
        Files.delete(directory.resolve("link"));
        Files.delete(directory.resolve("runs/latest"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --input DIR/runs/[ab]/features --output DIR/runs/a        | would replace --input DIR/runs/[ab]/features
                    --input DIR/runs/[ab]/features --output DIR/runs/b/features | would replace --input DIR/runs/[ab]/features
                    --input DIR/runs/[ab]/features --output DIR                | would replace --input DIR/runs/[ab]/features
                    --input DIR/runs/[ab]/features --output DIR/runs/a/features/y | is in --input DIR/runs/[ab]/features, which would read it the next time
                    --input DIR/runs/a/f* --output DIR/runs/a/f2               | is in --input DIR/runs/a/f*, which would read it the next time
                    --input DIR/runs/[ab]/* --output DIR/runs/b/new            | is in --input DIR/runs/[ab]/*
                    --input DIR/link/f* --output DIR/runs/a/fresh/x            | is in --input DIR/link/f*
                    --input DIR/link/features --output DIR/runs/a              | would replace --input DIR/link/features
                    --input DIR/link/features --output DIR/runs                | would replace --input DIR/link/features
                    --input DIR/runs/a/features --output DIR/link              | would replace --input DIR/runs/a/features
                    --input DIR/runs/a/features --output DIR/link/features/y   | is in --input DIR/runs/a/features
                    --input file:DIR/runs/a/features --output DIR/runs/a       | would replace --input file:DIR/runs/a/features
                    --input DIR/runs/a/features --output file://DIR/runs/a     | would replace --input DIR/runs/a/features
                    --input DIR/runs/a/feature? --output DIR/runs/a/features   | would replace --input DIR/runs/a/feature?
                    --input DIR/runs/a/features --input DIR/runs/b/features --output DIR/runs/a/features | would replace --input DIR/runs/a/features
                    --format table --input places --output DIR/table           | would replace files of table places
                    --format table --input places --output DIR/table/k=0       | would replace files of table places
                    --format table --input places --output DIR/table/y         | is in --input places
                    --format table --input places_view --output DIR/table      | would replace files of table places_view
                    --format table --input sub_view --output DIR/runs/a/features | would replace files of table sub_view
                    --format table --input a_view --output DIR/link            | would replace files of table a_view
                    --format table --input a_view --output DIR/runs/a/features | would replace files of table a_view
                    --input DIR/runs/a/features --output DIR/out --state-out DIR/runs/a/features/s.json | is in --input DIR/runs/a/features
                    --input DIR/runs/a/features --output DIR/out --state-out DIR/link/features/s.json | is in --input DIR/runs/a/features
                    """)
    void anOutputIsNotWhereTheInputIs(String options, String message) throws IOException {
        for (String overwrite : List.of(" --overwrite", "")) {
            CommandRun run = CommandRun.ofWords(in("normalize --mode train --column x " + options + overwrite));
            if (overwrite.isEmpty() && run.exit() == ExitCode.FAILED) {
                run.fails(ExitCode.FAILED, "exists; give another place, or --overwrite to replace it");
            } else {
                run.fails(ExitCode.USAGE, in(message));
            }
            assertThat(files()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stats --input DIR/runs/a/features --column x --json DIR/runs/a/features/s.json",
                "stats --input DIR/runs/[ab]/features --column x --json DIR/link/features/s.json",
                "stats --format table --input places --column x --json DIR/table/s.json",
                "fit --input DIR/link/features --column x --state-out DIR/runs/a/features/s.json",
                "backward --mode train --input DIR/link/features --column x --grad-column dy --output DIR/new"
                        + " --gradients DIR/runs/a/features/g.json",
            })
    void aResultIsNotInTheInput(String words) throws IOException {
        CommandRun.ofWords(in(words))
                .fails(ExitCode.USAGE, "which would read it the next time; give a place outside of it");
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void aResultIsNotTheInputByAnotherName() throws IOException {
        Path file = aFile();
        CommandRun.ofWords(in("stats --overwrite --column x --input DIR/link/features/" + file.getFileName()
                        + " --json " + file))
                .fails(ExitCode.USAGE, "--json " + file + " would replace --input " + directory + "/link/features/");
        assertThat(files()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --input DIR/runs/a/features --input DIR/runs/./a/features/ | DIR/runs/a/features, both
                    --input DIR/runs/a/features --input file:DIR/runs/b/../a/features | DIR/runs/a/features, both
                    --input DIR/runs/a/features --input DIR/link/features       | DIR/runs/a/features, both
                    --input DIR/runs --input DIR/runs/a/features --option RecursiveFileLookup=true | DIR/runs/a/features, both
                    --input DIR/runs/a/features --input DIR/runs/[ab]/features  | DIR/runs/a/features, both
                    --input DIR/runs/*/features                                 | DIR/runs/b/features twice
                    --format table --input places --input PLACES                | --input places and --input PLACES mean the same rows
                    --format table --input places --input default.places        | --input places and --input default.places mean the same rows
                    """)
    void nothingIsReadTwice(String options, String message) {
        CommandRun.ofWords(in("stats --column x " + options)).fails(ExitCode.USAGE, in(message));
    }

    @Test
    void aFileIsNotReadBesideItsFolder() throws IOException {
        CommandRun.ofWords(in("stats --column x --input DIR/runs/a/features --input " + aFile()))
                .fails(ExitCode.USAGE, aFile() + ", both: its rows would count twice");
    }

    @Test
    void aFolderThatSparkDoesNotSeeInAnotherIsAnInputToo() {
        write("outer");
        write("outer/inner");
        assertThat(run("stats --column x --input DIR/outer --input DIR/outer/inner")
                        .result("rows"))
                .isEqualTo("8");
    }

    @Test
    void differentViewsOfATableAreDifferentInputs() {
        assertThat(run("stats --column x --format table --input places_view --input other_view")
                        .result("rows"))
                .isEqualTo("4");
    }

    @ParameterizedTest
    @CsvSource({"0, DIR/own0/x, DIR/own0/x", "1, DIR/link1/x, file:DIR/own1/x", "2, DIR/own2/x/, DIR/link2/x"})
    void theOnlyInputMayBeReplaced(int number, String input, String output) throws IOException {
        write("own" + number + "/x");
        Path link = Files.createSymbolicLink(directory.resolve("link" + number), Path.of("own" + number));
        run("normalize --mode train --column x --overwrite --input " + input + " --output " + output);
        assertThat(read("own" + number + "/x").columns()).containsExactly("id", "x", "dy", "x_normalized");
        assertThat(link).isSymbolicLink();
        Files.delete(link);
    }

    @Test
    void anOutputBesideAPatternIsTaken() {
        run("normalize --mode train --column x --input DIR/runs/[ab]/f* --output DIR/runs/a/normalized");
        run("normalize --mode train --column x --input DIR/runs/[ab]/features --output DIR/runs/c");
    }

    @Test
    void aFolderThatHoldsLinksToOthersIsNotReplaced() throws IOException {
        Path mixed = Files.createDirectory(directory.resolve("mixed"));
        Path link = Files.createSymbolicLink(mixed.resolve("part-0.parquet"), aFile());
        CommandRun.ofWords(in("normalize --mode train --column x --overwrite --input DIR/mixed --output DIR/mixed"))
                .fails(ExitCode.USAGE, "would replace --input");
        Files.delete(link);
    }

    @Test
    void aFileMayBeReplacedInPlace() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("single"));
        Path file = Files.writeString(folder.resolve("a.csv"), "a,b\n1,2\n3,4\n");
        run(
                "normalize --mode train --eps 0 --columns a --overwrite --input DIR/single/a.csv --output DIR/single/a.csv");
        assertThat(file).isDirectory();
        assertThat(spark().read().option("header", true).csv(file.toString()).count())
                .isEqualTo(2);
    }

    @Test
    void aFolderOfWhichNotAllIsReadIsNotReplaced() throws IOException {
        write("partly");
        write("partly/old");
        CommandRun.ofWords(in("normalize --mode train --column x --overwrite --input DIR/partly --output DIR/partly"))
                .fails(ExitCode.USAGE, in("would replace file:DIR/partly/old/part-0"));
        Path folder = Files.createDirectory(directory.resolve("filtered"));
        Files.writeString(folder.resolve("2023.csv"), "a\n1\n");
        Files.writeString(folder.resolve("2024.csv"), "a\n1\n2\n");
        CommandRun.ofWords(in("normalize --mode train --format csv --columns a --overwrite --input DIR/filtered"
                        + " --option pathGlobFilter=2024* --output DIR/filtered"))
                .fails(ExitCode.USAGE, in("would replace file:DIR/filtered/2023.csv, which is not read"));
    }

    @Test
    void foldersByColumnsStayInPlace() throws IOException {
        spark().sql("SELECT id, double(id) AS a, concat('0', id % 2) AS k, concat(id % 3, '.50') AS j FROM range(6)")
                .write()
                .partitionBy("k", "j")
                .parquet(directory + "/by");
        List<String> folders = folders("by");
        assertThat(folders).contains("by/k=01/j=2.50").hasSize(8);
        run("normalize --mode train --columns a --input DIR/by --output DIR/by --overwrite");
        assertThat(folders("by")).isEqualTo(folders);
        assertThat(read("by").schema().simpleString()).isEqualTo("struct<id:bigint,a:double,k:int,j:double>");
        assertThat(read("by").where("k = 1 AND j = 2.5").select("id").head().getLong(0))
                .isEqualTo(5);
        run("normalize --mode train --columns a --batch-column k --input DIR/by --output DIR/by --overwrite");
        assertThat(folders("by")).contains("by/k=1/j=2.50").hasSize(8);
        run("normalize --mode train --columns a --input DIR/by --output DIR/flat");
        assertThat(folders("flat")).isEmpty();
    }

    @Test
    void foldersOfCsvStayInPlace() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("csv/day=2024-01-01"));
        Files.writeString(folder.resolve("x.csv"), "a,b\n1,01\n3,02\n");
        run("normalize --mode train --eps 0 --format csv --columns a --input DIR/csv --output DIR/csv --overwrite");
        assertThat(folders("csv")).containsExactly("csv/day=2024-01-01");
        try (Stream<Path> files = Files.list(folder)) {
            Path only = files.filter(file -> file.toString().endsWith(".csv"))
                    .findFirst()
                    .orElseThrow();
            assertThat(only).hasContent("a,b\n-1.0,01\n1.0,02");
        }
    }

    /** A view of a folder or of a pattern would read the state; one of a file that is named reads that alone. */
    @Test
    void aStateBesideTheFileOfAViewIsTaken() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("beside"));
        Files.writeString(folder.resolve("a.csv"), "a,b\n1,2\n3,4\n");
        viewOfCsv("beside_file", "beside/a.csv");
        viewOfCsv("beside_folder", "beside");
        viewOfCsv("beside_pattern", "beside/*.csv");
        spark().sql("CREATE TEMPORARY VIEW beside_both AS TABLE beside_file UNION ALL TABLE beside_folder");
        for (String view : List.of("beside_pattern", "beside_both")) {
            CommandRun.ofWords(in("fit --format table --columns a --state-out DIR/beside/t.csv --input " + view))
                    .fails(ExitCode.USAGE, "t.csv is in --input " + view + ", which would read it the next time");
        }
        CommandRun.ofWords(in("fit --format table --columns a --state-out DIR/beside/a.csv --overwrite"
                        + " --input beside_file"))
                .fails(ExitCode.USAGE, "a.csv would replace files of table beside_file");
        CommandRun.ofWords(in("normalize --mode train --format table --columns a --output DIR/beside --overwrite"
                        + " --input beside_file"))
                .fails(ExitCode.USAGE, "would replace files of table beside_file");
        run("fit --format table --columns a --state-out DIR/beside/t.csv --input beside_file");
    }

    private void viewOfCsv(String name, String path) {
        spark().read()
                .option("header", true)
                .option("inferSchema", true)
                .csv(directory + "/" + path)
                .createOrReplaceTempView(name);
    }

    private Path aFile() throws IOException {
        try (Stream<Path> parts = Files.list(directory.resolve("runs/a/features"))) {
            return parts.filter(part -> part.toString().endsWith(".parquet"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private String in(String words) {
        return words.replace("DIR", directory.toString());
    }

    private CommandRun run(String words) {
        return CommandRun.ofWords(in(words)).succeeds();
    }

    private Dataset<Row> read(String name) {
        return spark().read().parquet(directory + "/" + name);
    }

    private List<String> folders(String name) throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve(name))) {
            return all.filter(Files::isDirectory)
                    .map(path -> directory.relativize(path).toString())
                    .filter(path -> path.contains("="))
                    .sorted()
                    .toList();
        }
    }

    private Map<String, Long> files() throws IOException {
        Map<String, Long> found = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                found.put(path.toString(), Files.getLastModifiedTime(path).toMillis());
            }
        }
        return found;
    }
}
