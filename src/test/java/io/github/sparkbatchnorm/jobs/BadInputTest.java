package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Input that cannot be used is refused: one line says what was found, what was expected and what to do, and everything
 * on the disk stays as it was. In the expected messages {@code ..} stands for words of Spark.
 */
final class BadInputTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final Map<String, String> DATA = Map.ofEntries(
            Map.entry("good", "SELECT id, array(float(id), float(2 * id)) AS x, id % 2 AS b FROM range(4)"),
            Map.entry("text", "SELECT 'a' AS x"),
            Map.entry("decimal", "SELECT array(1.5BD, 2.5BD) AS x, 1.5BD AS d"),
            Map.entry("map", "SELECT map('a', 1.0D) AS x"),
            Map.entry("nulls", "SELECT id, if(id = 2, NULL, array(1.0D, id)) AS x FROM range(4)"),
            Map.entry("holes", "SELECT id, array(1.0D, if(id = 2, NULL, 1.0D)) AS x FROM range(4)"),
            Map.entry("cells", "SELECT id, 1.0D AS u, if(id = 2, NULL, 1.0D) AS v FROM range(4)"),
            Map.entry("lengths", "SELECT id, if(id = 2, array(1.0D), array(1.0D, 2.0D)) AS x FROM range(4)"),
            Map.entry(
                    "ragged",
                    "SELECT id, if(id = 2, array(array(1.0D), array(1.0D, 2.0D)), array(array(1.0D), array(2.0D))) AS x"
                            + " FROM range(4)"),
            Map.entry("bytes", "SELECT id, if(id = 2, X'000000', X'0000803F00000040') AS x FROM range(4)"),
            Map.entry("longs", "SELECT id, array(if(id = 2, 9007199254740993, 1L)) AS x FROM range(4)"),
            Map.entry("nan", "SELECT id, array(1.0D, if(id = 2, double('NaN'), id)) AS x FROM range(4)"),
            Map.entry("one", "SELECT array(1.0D, 2.0D, 3.0D) AS x"),
            Map.entry("single", "SELECT id, array(double(id)) AS x, if(id = 3, 'last', 'first') AS b FROM range(4)"),
            Map.entry("none", "SELECT array(1.0D) AS x FROM range(0)"),
            Map.entry("batches", "SELECT array(1.0D) AS x, 1.5D AS b, if(id = 2, NULL, id) AS c FROM range(4)"),
            Map.entry("taken", "SELECT array(1.0D) AS x, 1 AS X_normalized FROM range(4)"),
            Map.entry(
                    "pairs",
                    "SELECT id, 0 AS b, array(double(id), 1.0D) AS x, array(1.0D, id) AS dy, 'a' AS text,"
                            + " if(id = 2, array(1.0D), array(1.0D, 2.0D)) AS short,"
                            + " array(array(1.0D, 2.0D)) AS nested,"
                            + " if(id = 2, NULL, array(1.0D, 2.0D)) AS nulls,"
                            + " array(1.0D, if(id = 2, NULL, 2.0D)) AS holes,"
                            + " array(1.0D, if(id = 2, double('NaN'), 2.0D)) AS nan,"
                            + " 1.0D AS u, 2.0D AS v, 3.0D AS w, 4.0D AS dx_u FROM range(4)"),
            Map.entry("wide", "SELECT array(1.0D, 2.0D, id) AS w, array(1.0D, 2.0D, id) AS y, id FROM range(4)"),
            Map.entry("twice", "SELECT 1.0D AS u, 2.0D AS v, array(1) AS w FROM range(4)"));

    private static final String STATE =
            """
            {"format":"spark-batchnorm-state","version":1,"num_features":2,"eps":1e-5,"momentum":0.1,"affine":true,
             "track_running_stats":true,"weight":[1,1],"bias":[0,0],"running_mean":[0,0],"running_var":[1,1],
             "num_batches_tracked":0}
            """;

    @TempDir
    static Path directory;

    private Map<String, String> before = Map.of();

    @BeforeAll
    static void writeFiles() throws IOException {
        write("state.json", STATE);
        write("broken.json", STATE.replace(",\"affine\"", ",,\"affine\""));
        write("key.json", STATE.replace("\"bias\"", "\"beta\""));
        write("variance.json", STATE.replace("\"running_var\":[1,1]", "\"running_var\":[1,-1]"));
        write("short.json", STATE.replace("\"bias\":[0,0]", "\"bias\":[0]"));
        write("version.json", STATE.replace("\"version\":1", "\"version\":3"));
        write("words.csv", "a,b\n1,2\nx,4\n");
        write("ab.csv", "a,b\n1,2\n3,4\n");
        write("ba.csv", "b,a\n1,2\n3,4\n");
        write("broken.parquet", "PAR1 this is no parquet file PAR1");
        write("broken.jsonl", "{\"x\":[1,2\nno json\n");
        write("broken.csv.gz", "no gzip");
        Files.createDirectory(directory.resolve("empty"));
        Files.createDirectory(directory.resolve("folder"));
    }

    private static void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    @BeforeEach
    void writeData() throws IOException {
        if (!Files.exists(directory.resolve("good"))) {
            DATA.forEach((name, query) -> spark().sql(query)
                    .coalesce(1)
                    .write()
                    .parquet(directory.resolve(name).toString()));
        }
        before = files();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    2 | stats --input DIR/good --column y | no column y; the columns are id, x, b; see 'jobs/batchnorm stats --help'
                    1 | stats --input DIR/nothing --column x | DIR/nothing; check --input
                    1 | stats --input DIR/nothing*.csv --column x | DIR/nothing*.csv; check --input
                    1 | stats --input DIR/empty --column x | : --input has no such file; check --input and --format
                    1 | stats --input nowhere --format table --column x | nowhere .. ; check --input, or the catalog that Spark is given
                    1 | stats --input DIR/good --format avro --column x | Spark has no format 'avro'; check its name, or give --packages org.apache.spark:spark-avro_2.13: .. before the command
                    1 | stats --input DIR/good --format delta --column x | Spark has no format 'delta'; check its name, or give --packages GROUP:ARTIFACT:VERSION
                    1 | stats --input nowhere://host/x --column x | input nowhere://host/x cannot be read as parquet: .. ; check --input, --format and --option
                    1 | stats --input DIR/broken.parquet --column x | DIR/broken.parquet .. ; check the file and --format
                    1 | stats --input DIR/broken.jsonl --column x | input DIR/broken.jsonl: no line can be read as json; expected one json object a line
                    1 | stats --input DIR/broken.csv.gz --columns a,b | DIR/broken.csv.gz .. ; check the file and --format
                    1 | stats --input DIR/ab.csv --format orc --columns a,b | DIR/ab.csv .. ; check the file and --format
                    1 | stats --input DIR/ab.csv --format image | column image: null in 1 row
                    1 | stats --input DIR/ab.csv --format libsvm | input DIR/ab.csv cannot be read as libsvm: .. ; check --input, --format and --option
                    1 | stats --input DIR/words.csv --columns a,b | column a: no number in 1 row, e.g. 'x' where b=4; expected numbers, NaN, Inf, NA or nothing in each cell
                    1 | stats --input DIR/ab.csv --input DIR/ba.csv --columns a,b | /ba.csv: .. b, a .. a, b .. ; check the file and --format
                    1 | stats --input DIR/good --input DIR/lengths --column x | DIR/lengths/part .. ; check the file and --format
                    1 | stats --input DIR/ab.csv --columns a,b --option header=maybe | input DIR/ab.csv cannot be read as csv: .. header .. ; check --input, --format and --option
                    2 | stats --input DIR/ab.csv --columns a,c | no column c; the columns are a, b
                    2 | stats --input DIR/ab.csv --columns a,A | column A is named twice
                    1 | TRAIN --input DIR/text | column x is of type string; expected an array of numbers, a vector, binary or an image
                    1 | TRAIN --input DIR/decimal | column x is of type array<decimal(2,1)>; expected an array of numbers: cast to double
                    1 | stats --input DIR/decimal --columns d | column d is of type decimal(2,1); expected a number or boolean: cast to double
                    1 | TRAIN --input DIR/map | column x is of type map<string,double>
                    1 | TRAIN --input DIR/nulls | column x: null in 1 row, e.g. id=2; expected a sample in each row, or --handle-invalid skip or keep
                    1 | TRAIN --input DIR/holes | column x: null element in 1 row, e.g. id=2
                    1 | stats --input DIR/cells --columns u,v | columns u, v: null in v (1 row), e.g. v=null, id=2; expected a number in each column
                    1 | TRAIN --input DIR/lengths | column x: rows of length 1 (1 row, e.g. id=2) and 2 (3 rows); expected one length or --shape
                    1 | TRAIN --input DIR/good --shape 3 | column x: rows of length 2 (4 rows, e.g. id=0, b=0); expected length 3
                    1 | TRAIN --input DIR/ragged | column x: nested arrays of unequal lengths in 1 row, e.g. id=2
                    1 | TRAIN --input DIR/bytes | column x: bytes that are no whole number of values in 1 row, e.g. id=2
                    1 | TRAIN --input DIR/longs | column x: integers beyond 2^53 in 1 row, e.g. id=2
                    1 | TRAIN --input DIR/nan --non-finite fail | column x: values that are not finite in channel 1 (1 NaN, 0 infinite); 1 row, e.g. id=2
                    1 | TRAIN --input DIR/one | Expected more than 1 value per channel when training, got input size [1, 3]
                    1 | TRAIN --input DIR/single --batch-column b | Expected more than 1 value per channel when training, got input size [1, 1] (batch last)
                    1 | EVAL --input DIR/one --no-track | Expected more than 1 value per channel when training, got input size [1, 3]
                    1 | TRAIN --input DIR/none | no rows: cannot tell the number of channels; give --shape
                    1 | TRAIN --input DIR/batches --batch-column b | batch column b is of type double; expected integer, string, date or timestamp
                    1 | TRAIN --input DIR/batches --batch-column c | null batch in 1 row, e.g. b=1.5, c=null; expected a batch in each row
                    2 | TRAIN --input DIR/batches --batch-column d | no column d; the columns are x, b, c
                    2 | TRAIN --input DIR/batches --batch-column x | batch column x is also a tensor column; expected another one
                    2 | TRAIN --input DIR/taken | the input has a column X_normalized already; give --output-column another name
                    2 | TRAIN --input DIR/good --output-column ID | the input has a column id already; give --output-column another name
                    2 | TRAIN --input DIR/good --dtype float32 | column x is of type array<float>, and dtype says what a binary column holds: leave --dtype away
                    2 | TRAIN --input DIR/good --module BatchNorm2d | samples have 1 axis; BatchNorm2d expects [C, H, W]
                    1 | TRAIN --input DIR/good --output-format nonsense | Spark has no format 'nonsense'; check its name, or give --packages
                    1 | TRAIN --input DIR/good --output-format image | the output cannot be written as image: .. ; check --output-format and --output-option
                    1 | TRAIN --input DIR/good --output-format libsvm | the output cannot be written as libsvm: .. ; check --output-format and --output-option
                    1 | COLUMNS --input DIR/twice --output-format csv --output DIR/new | the output cannot be written as csv: .. `w` .. ; check --output-format and --output-option
                    1 | TRAIN --input DIR/good --expect-digest sha256:ZERO --state-out DIR/new.json | --expect-digest expected sha256:0000
                    1 | stats --input DIR/good --column x --expect-digest sha256:ZERO --json DIR/new.json | the digest of column x is sha256:
                    1 | NORMALIZE --input DIR/good --output DIR/folder | --output file:DIR/folder exists; give another place, or --overwrite to replace it
                    1 | NORMALIZE --input DIR/good --output nowhere://host/x | --output nowhere://host/x cannot be used: .. "nowhere"
                    2 | NORMALIZE --input DIR/good --output / | --output / would replace --input DIR/good
                    1 | TRAIN --input DIR/good --state-out DIR/state.json | --state-out file:DIR/state.json exists; give another place, or --overwrite to replace it
                    1 | TRAIN --input DIR/good --state-out DIR/folder --overwrite | --state-out file:DIR/folder is a folder; give the name of a file
                    1 | TRAIN --input DIR/good --state-out DIR/state.json/s.json | --state-out DIR/state.json/s.json cannot be used: DIR/state.json/s.json: Not a directory
                    1 | stats --input DIR/good --column x --json DIR/state.json | --json file:DIR/state.json exists
                    1 | FIT --input DIR/one | column x: C = 3; expected C = 2, as the state has: give the state of this column
                    1 | FIT --input DIR/nulls | column x: null in 1 row, e.g. id=2
                    1 | FIT --input DIR/nan --non-finite fail | values that are not finite
                    1 | EVAL --input DIR/good --state-in DIR/missing.json | --state-in DIR/missing.json does not exist or is no file; check the path
                    1 | EVAL --input DIR/good --state-in DIR/folder | --state-in DIR/folder does not exist or is no file
                    1 | EVAL --input DIR/good --state-in DIR/broken.json | DIR/broken.json: not JSON at line 1, column 90
                    1 | EVAL --input DIR/good --state-in DIR/key.json | DIR/key.json: unknown key "beta"; the known ones are format, version
                    1 | EVAL --input DIR/good --state-in DIR/variance.json | DIR/variance.json: running_var[1] is -1.0; expected 0 or more
                    1 | EVAL --input DIR/good --state-in DIR/short.json | DIR/short.json: bias has 1 values; expected 2, as num_features says
                    1 | EVAL --input DIR/good --state-in DIR/version.json | DIR/version.json: version is 3; expected 1 or 2
                    1 | EVAL --input DIR/good --state-in DIR/ab.csv | DIR/ab.csv: not JSON at line 1
                    1 | EVAL --input DIR/single --state-in DIR/state.json | column x: a row with C = 1; expected C = 2, as the state has
                    1 | EVAL --input DIR/one --shape 3 --state-in DIR/state.json | column x: C = 3; expected C = 2, as the state has
                    1 | EVAL --input DIR/nulls --state-in DIR/state.json | column x: null in 1 row
                    1 | EVAL --input DIR/holes --state-in DIR/state.json | column x: null element in 1 row
                    1 | EVAL --input DIR/nan --state-in DIR/state.json --non-finite fail | column x: NaN in channel 1 of row id=2
                    2 | BACK --input DIR/good --grad-column dy | no column dy; the columns are id, x, b; see 'jobs/batchnorm backward --help'
                    2 | BACK --input DIR/good --grad-column x | gradient column x is also the tensor's or the batch column; expected another one
                    2 | BACK --input DIR/pairs --grad-column dy --output-column short | the input has a column short already; give --output-column another name
                    2 | PAIRS --input DIR/pairs --columns u,w --grad-columns v,dx_u | the input has a column dx_u already; rename it
                    1 | BACK --input DIR/pairs --grad-column text | column text is of type string; expected an array of numbers
                    1 | BACK --input DIR/pairs --grad-column short | column short: gradients of another shape than the values in 1 row, e.g. id=2, b=0
                    1 | BACK --input DIR/pairs --grad-column nested | column nested: gradients of another shape than the values in 4 rows, e.g. id=0, b=0
                    1 | BACK --input DIR/pairs --grad-column nulls | column nulls: null in 1 row, e.g. id=2, b=0
                    1 | BACK --input DIR/pairs --grad-column holes | column holes: null element in 1 row, e.g. id=2, b=0
                    1 | BACK --input DIR/pairs --grad-column nan --non-finite fail | column nan: values that are not finite in channel 1 (1 NaN, 0 infinite); 1 row, e.g. id=2
                    1 | BACK --input DIR/pairs --grad-column dy --shape 3 | column x: rows of length 2 (4 rows, e.g. id=0
                    1 | BACK --input DIR/pairs --grad-column dy --batch-column id | Expected more than 1 value per channel when training, got input size [1, 2] (batch 0)
                    1 | BACK --input DIR/pairs --grad-column dy --state-in DIR/short.json | DIR/short.json: bias has 1 values
                    1 | BACK --input DIR/pairs --grad-column u | column u is of type double
                    1 | BACK --input DIR/pairs --grad-column dy --gradients DIR/state.json | --gradients file:DIR/state.json exists; give another place, or --overwrite to replace it
                    1 | backward --mode eval --column w --grad-column y --state-in DIR/state.json --input DIR/wide --output DIR/new --gradients DIR/new.json | column w: C = 3; expected C = 2, as the state has
                    1 | backward --mode eval --column w --grad-column y --batch-column id --state-in DIR/state.json --input DIR/wide --output DIR/new --gradients DIR/new.json | column w: C = 3; expected C = 2, as the state has
                    1 | backward --mode eval --column x --grad-column nan --state-in DIR/state.json --non-finite fail --input DIR/pairs --output DIR/new --gradients DIR/new.json | column nan: values that are not finite in channel 1
                    2 | EVAL --input DIR/good --state-in DIR/state.json --expect-digest sha256:ZERO | --mode eval with running statistics computes none
                    """)
    void badInputIsRefused(int exit, String words, String message) throws IOException {
        String state = directory + "/state.json";
        String output = " --output " + directory + "/new ";
        String gradients = words.contains("--gradients ") ? "" : " --gradients " + directory + "/new.json ";
        CommandRun run = CommandRun.ofWords(words.replace("TRAIN", "normalize --mode train --column x" + output)
                .replace("EVAL", "normalize --mode eval --column x" + output)
                .replace("NORMALIZE", "normalize --mode train --column x")
                .replace("BACK", "backward --mode train --column x" + gradients + output)
                .replace("PAIRS", "backward --mode train" + gradients + output)
                .replace("COLUMNS", "normalize --mode train --columns u,v")
                .replace("FIT", "fit --column x --state-in " + state + " --state-out " + state)
                .replace("ZERO", "0".repeat(64))
                .replace("DIR", directory.toString()));
        run.fails(exit, message.replace("DIR", directory.toString()).split(" \\.\\. "));
        assertThat(files()).describedAs("what is on the disk").isEqualTo(before);
    }

    @Test
    void theStackTraceIsShownOnRequest() {
        CommandRun run = CommandRun.ofWords("stats --column x --verbose --input " + directory + "/nulls");
        assertThat(run.exit()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err())
                .startsWith("error: column x: null in 1 row")
                .contains("BatchNormException: column x")
                .contains("\tat ");
    }

    private static Map<String, String> files() throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            Map<String, String> files = new TreeMap<>();
            paths.forEach(path -> files.put(directory.relativize(path).toString(), content(path)));
            return files;
        }
    }

    private static String content(Path path) {
        try {
            return Files.isDirectory(path) ? "" : new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
