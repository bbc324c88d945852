package io.github.sparkbatchnorm.jobs.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code state show, diff, set, affine}: what they print, what they write, and what they refuse. */
final class StateCommandTest {
    private static final BatchNormConfig CONFIG = new BatchNormConfig(0.25, 0.1, true, true);
    private static final Provenance ORIGIN = new Provenance(
            1797L,
            new long[] {1797, 1797},
            "sha256:" + "0".repeat(64),
            List.of("alcohol", "ash"),
            SampleShape.channelsFirst(2),
            SampleShape.Layout.CHANNELS_FIRST,
            Dtype.FLOAT32,
            List.of("a.parquet", "b.parquet"),
            "ash > 2\nAND alcohol < 14",
            "0.2.0",
            "4.1.0");

    @TempDir
    Path folder;

    /** A state whose means have low parts, with scale 2 and 0.5. */
    private BatchNormState wine;

    @BeforeEach
    void writeState() throws IOException {
        wine = BatchNormState.of(CONFIG, 2, of(4, 1), of(0.5, 3), of(1e12, -3), of(3.75, 3.75), 7)
                .withRunningMeanLow(of(0x1p-14, 0))
                .withProvenance(ORIGIN);
        write("wine.json", wine);
    }

    private static double[] of(double... values) {
        return values;
    }

    private void write(String name, BatchNormState state) throws IOException {
        StateJson.write(state, folder.resolve(name));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private BatchNormState state(String name) throws IOException {
        return StateJson.read(folder.resolve(name));
    }

    /** Runs a command; DIR stands for the folder. */
    private CommandRun run(String words) {
        return CommandRun.ofWords("state " + words.replace("DIR", folder.toString()));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** A run that found differences: they are on standard output, and one line of error sums them up. */
    private void assertDiffers(String a, String b, String keys, String... lines) {
        CommandRun run = run("diff DIR/" + a + " DIR/" + b);
        assertThat(run.exit()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out().lines()).containsExactly(lines);
        assertThat(run.err())
                .isEqualTo("error: " + folder + "/" + a + " and " + folder + "/" + b + " differ in " + keys + "\n");
    }

    @Test
    void showPrintsSettingsOriginAndChannels() {
        assertThat(run("show DIR/wine.json").succeeds().out().lines())
                .containsExactly(
                        "num_features: 2",
                        "eps: 0.25",
                        "momentum: 0.1",
                        "affine: true",
                        "track_running_stats: true",
                        "num_batches_tracked: 7",
                        "rows: 1797",
                        "digest: sha256:" + "0".repeat(64),
                        "columns: alcohol, ash",
                        "shape: 2",
                        "layout: channels-first",
                        "dtype: float32",
                        "input: a.parquet, b.parquet",
                        "where: ash > 2 AND alcohol < 14",
                        "library: 0.2.0",
                        "spark: 4.1.0",
                        " channel | running_mean | running_var | weight | bias",
                        "---------+--------------+-------------+--------+------",
                        " alcohol |        1e+12 |        3.75 |      4 |  0.5",
                        " ash     |           -3 |        3.75 |      1 |    3");
    }

    @Test
    void showLeavesOutWhatAStateDoesNotHave() throws IOException {
        write("bare.json", BatchNormState.initial(3, new BatchNormConfig(1e-5, null, false, false)));
        assertThat(run("show DIR/bare.json").succeeds().out().lines())
                .containsExactly(
                        "num_features: 3",
                        "eps: 1.0E-5",
                        "momentum: none",
                        "affine: false",
                        "track_running_stats: false",
                        "num_batches_tracked: none");
        write("one.json", StateJson.writeVersion1(wine.withoutTracking()));
        assertThat(run("show DIR/one.json").succeeds().out().lines())
                .containsSubsequence(
                        "track_running_stats: false",
                        "num_batches_tracked: 7",
                        " channel | running_mean | running_var | weight | bias",
                        " 0       |        1e+12 |        3.75 |      4 |  0.5")
                .noneMatch(line -> line.startsWith("rows"));
    }

    @Test
    void showOfManyChannelsHasTheFirstAndTheLast() throws IOException {
        String[] names = new String[3000];
        Arrays.setAll(names, i -> "f" + i);
        BatchNormState many = BatchNormState.initial(3000, BatchNormConfig.DEFAULT.withAffine(false))
                .withProvenance(new Provenance(
                        null, new long[3000], null, List.of(names), null, null, null, List.of(), null, null, null));
        write("many.json", many);
        CommandRun run = run("show DIR/many.json").succeeds();
        assertThat(run.result("columns")).startsWith("f0, f1, ").endsWith(" f19, ... (3000 in all)");
        assertThat(run.out())
                .contains(" f0      |", " f14     |", " ...     |", " f2995   |", " f2999   |")
                .doesNotContain(" f15     |", "weight")
                .endsWith("\n2980 of 3000 channels are left out here; the file has all of them\n");
    }

    @Test
    void statesThatDifferInProvenanceOnlyAreTheSame() throws IOException {
        write("other.json", wine.withProvenance(null));
        assertThat(run("diff DIR/wine.json DIR/other.json").succeeds().out()).isEqualTo("the same\n");
        assertThat(run("diff DIR/wine.json DIR/wine.json").succeeds().out()).isEqualTo("the same\n");
        write("nan.json", BatchNormState.of(CONFIG, 1, of(1), of(1), of(Double.NaN), of(Double.NaN), 1));
        assertThat(run("diff DIR/nan.json DIR/nan.json").succeeds().out()).isEqualTo("the same\n");
    }

    @Test
    void diffNamesEachKeyWithTheLargestDifference() throws IOException {
        double far = 1e12 + 3 * Math.ulp(1e12);
        BatchNormConfig config = new BatchNormConfig(1e-5, null, true, false);
        write(
                "other.json",
                BatchNormState.of(config, 2, of(4, 1), of(0.5, 3.5), of(far, -3), of(3.75, Math.nextUp(3.75)), 8));
        assertDiffers(
                "wine.json",
                "other.json",
                "eps, momentum, track_running_stats, bias, running_mean, running_mean_low, running_var,"
                        + " num_batches_tracked",
                "eps: 0.25 and 1.0E-5",
                "momentum: 0.1 and none",
                "track_running_stats: true and false",
                "bias: 1 of 2 channels, first ash; by up to 1125899906842624 ulp, 0.5",
                "running_mean: 1 of 2 channels, first alcohol; by up to 3 ulp, 0.0003662109",
                "running_mean_low: 1 of 2 channels, first alcohol; by up to 4544132024016830464 ulp, 6.103516e-05",
                "running_var: 1 of 2 channels, first ash; by up to 1 ulp, 4.440892e-16",
                "num_batches_tracked: 7 and 8");
    }

    @Test
    void diffCountsStepsAcrossZeroAndNaNApart() throws IOException {
        double max = Double.MAX_VALUE;
        write("a.json", BatchNormState.of(CONFIG, 3, of(1, 0, -max), of(1, 1, 1), of(0, 0, 0), of(1, 1, 1), 0));
        write(
                "b.json",
                BatchNormState.of(
                        CONFIG,
                        3,
                        of(1, -0.0, max),
                        of(Double.NaN, Double.NaN, 1),
                        of(-Double.MIN_VALUE, Double.NaN, Double.POSITIVE_INFINITY),
                        of(1, 1, 1),
                        0));
        assertDiffers(
                "a.json",
                "b.json",
                "weight, bias, running_mean",
                // 2 * 0x7fefffffffffffff: more than a signed long holds
                "weight: 2 of 3 channels, first 1; by up to 18437736874454810622 ulp, Infinity",
                "bias: 2 of 3 channels, first 0; NaN in one file only: 2",
                "running_mean: 3 of 3 channels, first 0; by up to 9218868437227405312 ulp, Infinity;"
                        + " NaN in one file only: 1");
        write("c.json", BatchNormState.of(CONFIG, 3, of(1, -0.0, -max), of(1, 1, 1), of(0, 0, 0), of(1, 1, 1), 0));
        assertDiffers("a.json", "c.json", "weight", "weight: 1 of 3 channels, first 1; by up to 0 ulp, 0");
    }

    @Test
    void diffOfLayersOfAnotherForm() throws IOException {
        write("bare.json", BatchNormState.initial(3, new BatchNormConfig(0.25, 0.1, false, false)));
        assertDiffers(
                "wine.json",
                "bare.json",
                "num_features, affine, track_running_stats, weight, bias, running_mean, running_mean_low,"
                        + " running_var, num_batches_tracked",
                "num_features: 2 and 3",
                "affine: true and false",
                "track_running_stats: true and false",
                "weight: present and absent",
                "bias: present and absent",
                "running_mean: present and absent",
                "running_mean_low: present and absent",
                "running_var: present and absent",
                "num_batches_tracked: 7 and none");
        write("three.json", BatchNormState.initial(3, CONFIG));
        assertDiffers(
                "wine.json",
                "three.json",
                "num_features, num_batches_tracked",
                "num_features: 2 and 3",
                "num_batches_tracked: 7 and 0");
    }

    @Test
    void setChangesWhatIsGivenAndKeepsTheRest() throws IOException {
        write("w.json", "[\"NaN\", \"-Infinity\"]\n");
        CommandRun run = run("set DIR/wine.json --weight DIR/w.json --eps 1e-3 --momentum none --out DIR/new.json");
        assertThat(run.succeeds().out()).isEqualTo("out: " + folder + "/new.json\n");
        BatchNormState changed = state("new.json");
        assertThat(changed.config()).isEqualTo(new BatchNormConfig(1e-3, null, true, true));
        assertThat(changed.weight()).containsExactly(Double.NaN, Double.NEGATIVE_INFINITY);
        assertThat(changed.bias()).containsExactly(0.5, 3);
        assertThat(changed.runningMean()).containsExactly(1e12, -3);
        assertThat(changed.runningMeanLow()).containsExactly(0x1p-14, 0);
        assertThat(changed.runningVar()).containsExactly(3.75, 3.75);
        assertThat(changed.numBatchesTracked()).isEqualTo(7);
        assertThat(changed.provenance()).contains(ORIGIN);
        assertThat(files()).containsExactly("new.json", "w.json", "wine.json");
        run("set DIR/new.json --momentum 0.1 --eps 0.25 --weight DIR/v.json --out DIR/x.json")
                .fails(ExitCode.FAILED, "--weight " + folder + "/v.json does not exist or is no file; check the path");
        write("v.json", "[4, 1e0]");
        run("set DIR/new.json --momentum 0.1 --eps 0.25 --weight DIR/v.json --out DIR/x.json")
                .succeeds();
        assertThat(state("x.json")).isEqualTo(wine);
    }

    @Test
    void setTakesWeightAndBiasAwayAndGivesThem() throws IOException {
        run("set DIR/wine.json --weight none --bias none --out DIR/plain.json").succeeds();
        BatchNormState plain = state("plain.json");
        assertThat(plain.config().affine()).isFalse();
        assertThat(plain.weight()).isNull();
        assertThat(plain.bias()).isNull();
        assertThat(plain.provenance()).contains(ORIGIN);
        write("w.json", "[4, 1]");
        write("b.json", "[0.5, 3]");
        String plainFile = folder + "/plain.json";
        run("set DIR/plain.json --weight DIR/w.json --out DIR/n.json")
                .fails(
                        ExitCode.USAGE,
                        plainFile + " has no weight and no bias, and --weight gives one of them; give both");
        run("set DIR/plain.json --bias DIR/b.json --out DIR/n.json")
                .fails(
                        ExitCode.USAGE,
                        plainFile + " has no weight and no bias, and --bias gives one of them; give both");
        run("set DIR/plain.json --weight DIR/w.json --bias DIR/b.json --out DIR/n.json")
                .succeeds();
        assertThat(state("n.json")).isEqualTo(wine);
        run("set DIR/plain.json --weight none --bias none --out DIR/same.json").succeeds();
        assertThat(state("same.json")).isEqualTo(plain);
    }

    @Test
    void setKeepsAStateWithoutRunningStatistics() throws IOException {
        write("bare.json", BatchNormState.initial(2, new BatchNormConfig(1e-5, 0.1, false, false)));
        run("set DIR/bare.json --momentum 0.5 --out DIR/new.json").succeeds();
        assertThat(state("new.json"))
                .isEqualTo(BatchNormState.initial(2, new BatchNormConfig(1e-5, 0.5, false, false)));
    }

    @Test
    void filesThatExistAreReplacedOnlyWithOverwrite() throws IOException {
        String set = "set DIR/wine.json --eps 0 --out DIR/wine.json";
        String affine = "affine DIR/wine.json --json DIR/a.json";
        write("a.json", "old");
        run(set).fails(
                        ExitCode.FAILED,
                        "--out ",
                        "/wine.json exists; give another place, or --overwrite to replace it");
        run(affine).fails(ExitCode.FAILED, "--json ", "/a.json exists; give another place, or --overwrite");
        assertThat(state("wine.json")).isEqualTo(wine);
        assertThat(folder.resolve("a.json")).hasContent("old");
        Files.setPosixFilePermissions(folder.resolve("wine.json"), PosixFilePermissions.fromString("rw-------"));
        Files.createSymbolicLink(folder.resolve("link.json"), Path.of("wine.json"));
        run("set DIR/wine.json --eps 0 --out DIR/link.json --overwrite").succeeds();
        run(affine + " --overwrite").succeeds();
        assertThat(folder.resolve("link.json")).isSymbolicLink();
        assertThat(state("wine.json").config().eps()).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("wine.json"))))
                .isEqualTo("rw-------");
        assertThat(files()).containsExactly("a.json", "link.json", "wine.json");
    }

    @Test
    void affineIsEvaluationAsOneFactorAndOneConstant() throws IOException {
        // With this bias all that is left of the first channel's mean is its low part.
        write("large.json", wine.withParameters(of(4, 1), of(2e12, 3)));
        String json = "{\"scale\":[2.0,0.5],\"shift\":[-1.220703125E-4,4.5]}\n";
        assertThat(run("affine DIR/large.json --json DIR/a.json").succeeds().out())
                .isEqualTo("json: " + folder + "/a.json\n");
        assertThat(Files.readString(folder.resolve("a.json"))).isEqualTo(json);
        assertThat(run("affine DIR/large.json --json -").succeeds().out()).isEqualTo(json);
        write("bad.json", BatchNormState.of(CONFIG.withEps(0), 1, of(1), of(0), of(1), of(0), 1));
        assertThat(run("affine DIR/bad.json --json -").succeeds().out())
                .isEqualTo("{\"scale\":[\"Infinity\"],\"shift\":[\"-Infinity\"]}\n");
    }

    @Test
    void aStateGoesToStandardOutput() {
        CommandRun run = run("set DIR/wine.json --eps 0 --out -").succeeds();
        assertThat(StateJson.read(run.out(), "standard output").config().eps()).isZero();
    }

    @Test
    void affineNeedsRunningStatistics() throws IOException {
        write("bare.json", BatchNormState.initial(2, new BatchNormConfig(1e-5, 0.1, true, false)));
        run("affine DIR/bare.json --json DIR/a.json")
                .fails(ExitCode.FAILED, folder + "/bare.json has no running_mean and no running_var");
        assertThat(files()).containsExactly("bare.json", "wine.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "show FILE",
                "diff DIR/wine.json FILE",
                "diff FILE DIR/wine.json",
                "set FILE --eps 0 --out DIR/new.json",
                "affine FILE --json -"
            })
    void filesThatCannotBeReadAreAFailure(String words) throws IOException {
        String none = folder + "/none.json";
        run(words.replace("FILE", none)).fails(ExitCode.FAILED, none + " does not exist or is no file; check the path");
        run(words.replace("FILE", "DIR"))
                .fails(ExitCode.FAILED, folder + " does not exist or is no file; check the path");
        write("text.json", "hello");
        run(words.replace("FILE", "DIR/text.json"))
                .fails(ExitCode.FAILED, folder + "/text.json: not JSON", "expected a state file of spark-batchnorm");
        run(words.replace("FILE", "a:b")).fails(ExitCode.USAGE, "FILE a:b is no path");
        assertThat(files()).containsExactly("text.json", "wine.json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    ``            | is empty      | expected an array of numbers
                    [1,           | is not JSON:  | expected an array of numbers
                    [1, 2] 3      | is not JSON:  | expected an array of numbers
                    {"weight": 1} | is {"weight":1} | expected an array of numbers
                    null          | is null       | expected an array of numbers
                    [1]           | has 1 values  | expected 2, as num_features of the state says
                    [1, null]     | : [1] is null | expected a number, or one of the strings NaN, Infinity, -Infinity
                    ["1", 2]      | : [0] is "1"  | expected a number
                    [1e999, 2]    | : [0] is beyond the range of a double | expected a number
                    [[1], [2]]    | : [0] is [1]  | expected a number
                    """)
    void arraysThatDoNotFitAreRefused(String text, String found, String expected) throws IOException {
        write("w.json", text);
        for (String option : List.of("--weight", "--bias")) {
            run("set DIR/wine.json " + option + " DIR/w.json --out DIR/new.json")
                    .fails(ExitCode.FAILED, option + " " + folder + "/w.json", found, "; " + expected);
        }
        assertThat(files()).containsExactly("w.json", "wine.json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    ``                               | Missing required subcommand; the commands are show, diff, set, affine, export, import; see 'jobs/batchnorm state --help'
                    frob                             | Unmatched argument at index 1: 'frob'; the commands are show, diff, set, affine, export, import
                    show                             | Missing required parameter: 'FILE'; see 'jobs/batchnorm state show --help'
                    show a b                         | Unmatched argument at index 3: 'b'
                    diff a                           | Missing required parameter: 'B'
                    set a --eps 1                    | Missing required option: '--out=FILE'
                    set a --out b                    | nothing to set; give --weight, --bias, --eps or --momentum; see 'jobs/batchnorm state set --help'
                    set a --out b --eps -1           | --eps is -1.0; expected a finite number, 0 or more
                    set a --out b --eps Infinity     | --eps is Infinity; expected a finite number, 0 or more
                    set a --out b --eps small        | Invalid value for option '--eps': 'small' is not a double
                    set a --out b --momentum 1.1     | --momentum is 1.1; expected a number from 0 to 1, or none
                    set a --out b --momentum some    | --momentum is 'some'; expected a number from 0 to 1, or none
                    set a --out b --weight none      | --weight is none, and --bias is not; give none for both: a layer has both or neither
                    set a --out b --weight w --bias none | --bias is none, and --weight is not; give none for both
                    set DIR/wine.json --out b:c --eps 0 | --out b:c is no path
                    set DIR/wine.json --out DIR/wine.json --eps 0 --weight c:d | --weight c:d is no path
                    affine a                         | Missing required option: '--json=FILE'
                    affine DIR/wine.json --json DIR/./wine.json --overwrite | wine.json is the state itself; give another file
                    set DIR/wine.json --out DIR/w.json --weight DIR/w.json --overwrite | w.json is the --weight; give another file
                    set DIR/wine.json --out DIR/w.json --bias DIR/w.json --overwrite | w.json is the --bias; give another file
                    """)
    void wrongOptionsAreRefused(String words, String message) throws IOException {
        write("w.json", "[1, 2]");
        run(words).fails(ExitCode.USAGE, message);
        assertThat(state("wine.json")).isEqualTo(wine);
        assertThat(folder.resolve("w.json")).hasContent("[1, 2]");
    }

    @Test
    void emptyPathsAreRefused() {
        CommandRun.of("state", "show", "").fails(ExitCode.USAGE, "FILE is empty; give a path");
        CommandRun.of("state", "affine", folder + "/wine.json", "--json", "")
                .fails(ExitCode.USAGE, "--json is empty; give a path");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "show --help",
                "diff --help",
                "set --help",
                "affine --help",
                "export --help",
                "import --help"
            })
    void helpHasExamplesAndFitsAHundredColumns(String words) {
        CommandRun run = run(words).succeeds();
        assertThat(run.out()).contains("Usage: jobs/batchnorm state", "Example", "Files are local");
        assertThat(run.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }
}
