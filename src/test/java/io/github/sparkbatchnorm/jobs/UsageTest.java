package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong options are refused without Spark, with exit code 2 and one line. */
final class UsageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    frobnicate                                  | Unmatched argument at index 0: 'frobnicate'; the commands are stats, fit, normalize, backward, state, generate, regress, recover, example, bench; see 'jobs/batchnorm --help'
                    stats                                       | Missing required option: '--input=PATH'; see 'jobs/batchnorm stats --help'
                    recover x                                   | give --finish for all new outputs, or --restore for all old ones; see 'jobs/batchnorm recover --help'
                    recover x --finish --restore                | give --finish for all new outputs, or --restore for all old ones; see 'jobs/batchnorm recover --help'
                    recover --finish                            | Missing required parameter: 'PATH'; see 'jobs/batchnorm recover --help'
                    stats --input a --frob                      | Unknown option: '--frob'; see 'jobs/batchnorm stats --help'
                    stats --input                               | Missing required parameter for option '--input' (PATH)
                    stats --input a extra                       | Unmatched argument at index 3: 'extra'
                    stats --input a                             | neither --column nor --columns is given
                    stats --input a --column x --columns y      | both --column and --columns are given
                    stats --input a --columns y,,z              | --columns y,,z has an empty name
                    stats --input a --columns y,z,y             | --columns names y twice
                    stats --input a --columns y,z --dtype float32 | --dtype says what a binary column holds and goes with --column
                    stats --input a --column x --column y       | option '--column' (NAME) should be specified only once
                    stats --input a.csv --input b.json --column x | --input a.csv looks like csv and --input b.json like json
                    stats --input a --column x --shape 3,x      | --shape is '3,x'; expected 1 to 4 whole numbers
                    stats --input a --column x --shape 3,       | --shape is '3,'; expected 1 to 4 whole numbers
                    stats --input a --column x --shape 0,2      | --shape is '0,2': shape [0, 2] has an axis of size 0; expected 1 or more
                    stats --input a --column x --shape 1,1,1,1,1 | has 5 axes; expected 1 to 4
                    stats --input a --column x --layout nchw    | Invalid value for option '--layout': expected channels-first, channels-last, found 'nchw'
                    stats --input a --column x --dtype float16  | Invalid value for option '--dtype': expected float32, float64, found 'float16'
                    stats --input a --column x --module BatchNorm | expected BatchNorm1d, BatchNorm2d, BatchNorm3d, found 'BatchNorm'
                    stats --input a --column x --non-finite skip | expected propagate, skip-batch, ignore, fail, found 'skip'
                    stats --input a --column x --handle-invalid drop | expected error, skip, keep, found 'drop'
                    stats --input a --column x --option header  | Value for option option '--option' (K=V) should be in KEY=VALUE format but was header
                    stats --input a --column x --expect-digest abc | --expect-digest is 'abc'; expected sha256: and 64 lower-case hexadecimal digits
                    stats --input a --column x --json a         | --json a is the --input; give another file
                    stats --input a --column x --eps 1          | Unknown options: '--eps', '1'
                    fit --input a --column x                    | Missing required option: '--state-out=FILE'
                    fit --input a --column x --state-out s --state-in c:d | --state-in c:d is no path
                    fit --input a --column x --state-out s --eps -1   | --eps is '-1'; expected a number that is 0 or more
                    fit --input a --column x --state-out s --eps Infinity | --eps is 'Infinity'
                    fit --input a --column x --state-out s --eps small | --eps is 'small'
                    fit --input a --column x --state-out s --momentum 1.1 | --momentum is '1.1'; expected a number from 0 to 1, or none
                    fit --input a --column x --state-out s --momentum NaN | --momentum is 'NaN'
                    fit --input a --column x --state-out s --state-in t --eps 1 | --eps cannot be given with --state-in
                    fit --input a --column x --state-out s --state-in t --momentum none --no-affine | --momentum, --no-affine cannot be given with --state-in
                    normalize --input a --column x --output o   | Missing required option: '--mode=MODE'
                    normalize --mode both --input a --column x --output o | Invalid value for option '--mode': expected train, eval, found 'both'
                    normalize --mode eval --input a --column x --output o | --mode eval has no running statistics; give --state-in FILE, or --no-track
                    normalize --mode eval --input a --column x --output o --state-in s --state-out t | --mode eval changes no state
                    normalize --mode train --input a --columns x,y --output o --output-column z | --output-column goes with --column
                    normalize --mode train --input a --column x --output o --output-format csv | --output-format csv has no arrays
                    normalize --mode train --input a --column x --output o --state-out o | --state-out o is in --output o
                    normalize --mode train --input a --column x --output o --state-out ./o/s | --state-out ./o/s is in --output o
                    normalize --mode train --input a/b --column x --output a/../a/ | --output a/../a/ would replace --input a/b
                    normalize --mode train --input a --column x --output o --state-in o/s.json | --output o would replace --state-in o/s.json
                    backward --mode train --input a --column x --grad-column d --output o | Missing required option: '--gradients=FILE'
                    backward --mode eval --input a --column x --grad-column d --output o --gradients g | --mode eval has no running statistics
                    backward --mode train --input a --column x --output o --gradients g | neither --grad-column nor --grad-columns is given
                    backward --mode train --input a --column x --grad-column d --grad-columns e --output o --gradients g | both --grad-column and --grad-columns are given
                    backward --mode train --input a --column x --grad-columns d --output o --gradients g | --grad-column goes with --column, and --grad-columns with --columns
                    backward --mode train --input a --columns x --grad-column d --output o --gradients g | --grad-column goes with --column, and --grad-columns with --columns
                    backward --mode train --input a --columns x,y --grad-columns d --output o --gradients g | --grad-columns names 1 and --columns 2
                    backward --mode train --input a --columns x,y --grad-columns d,d --output o --gradients g | --grad-columns names d twice
                    backward --mode train --input a --column x --grad-column d --output o --gradients o/g | --gradients o/g is in --output o
                    backward --mode train --input a --column x --grad-column d --output o --gradients g --state-out s | Unknown options: '--state-out', 's'
                    backward --mode train --input a --column x --grad-column d --output o --gradients g --expect-digest s | Unknown options: '--expect-digest', 's'
                    normalize --mode train --input a --column x --output o --state-in o | --output o would replace --state-in o
                    generate --shape 3 --seed 1 --expected -     | Missing required option: '--rows=N'
                    generate --rows 9 --shape 3 --expected -     | Missing required option: '--seed=N'
                    generate --rows 9 --shape 3 --seed 1         | neither --output nor --expected is given; give a place for the data, for the statistics that it has, or both
                    generate --rows 0 --shape 3 --seed 1 --expected -   | --rows is 0; expected 1 or more
                    generate --rows 1.5 --shape 3 --seed 1 --expected - | Invalid value for option '--rows': expected a whole number below 2^63, such as 1000000 or 1e9, found '1.5'
                    generate --rows many --shape 3 --seed 1 --expected - | such as 1000000 or 1e9, found 'many'
                    generate --rows 1e19 --shape 3 --seed 1 --expected - | such as 1000000 or 1e9, found '1e19'
                    generate --rows 1e999999999 --shape 3 --seed 1 --expected - | such as 1000000 or 1e9, found '1e999999999'
                    generate --rows 1e17 --shape 3 --seed 1 --expected - | --rows is 100000000000000000, with 1 values of a channel in each; expected at most 2^55 values
                    generate --rows 9 --shape 3,x --seed 1 --expected - | --shape is '3,x'; expected 1 to 4 whole numbers
                    generate --rows 9 --shape 3 --seed 1 --kind rows --expected - | expected array, nested, vector, sparse, binary, columns, found 'rows'
                    generate --rows 9 --shape 3 --seed 1 --profile usual --expected - | expected normal, ill-conditioned, tiny, huge, constant, integers, mixed, found 'usual'
                    generate --rows 9 --shape 3 --seed 1 --kind nested --expected - | --kind nested has shape [3]; expected two to four axes
                    generate --rows 9 --shape 3,2 --seed 1 --kind columns --expected - | --kind columns has shape [3, 2]; expected the shape [3]
                    generate --rows 9 --shape 3 --seed 1 --batches 10 --expected - | --batches is 10 and rows 9; expected no more batches than rows
                    generate --rows 9 --shape 3 --seed 1 --batches 0 --expected - | --batches is 0; expected 1 or more
                    generate --rows 9 --shape 3 --seed 1 --interleaved --expected - | --interleaved says how batches lie, and there are none; give --batches, too
                    generate --rows 9 --shape 3 --seed 1 --null-every 0 --expected - | --null-every is 0; expected 1 or more
                    generate --rows 9 --shape 3 --seed 1 --non-finite-every -1 --expected - | --non-finite-every is -1; expected 1 or more
                    generate --rows 9 --shape 3 --seed 1 --partitions 0 --expected - | --partitions is 0; expected 1 or more
                    generate --rows 9 --shape 3 --seed 1 --skew 0.5 --expected - | --skew is 0.5; expected 1 or more
                    generate --rows 9 --shape 3 --seed 1 --skew NaN --expected - | --skew is NaN; expected 1 or more
                    generate --rows 9 --shape 3 --seed 1 --expected e --output-format orc | --output-format says how --output is written; give --output, or leave it away
                    generate --rows 9 --shape 3 --seed 1 --output o --expected o/e | --expected o/e is in --output o
                    generate --rows 9 --shape 3 --seed 1 --output c:d    | --output c:d is no path
                    """)
    void wrongOptionsAreRefused(String words, String message) {
        CommandRun.ofWords(words).fails(ExitCode.USAGE, message);
    }

    @Test
    void noCommandIsRefused() {
        CommandRun.of()
                .fails(
                        ExitCode.USAGE,
                        "no command; expected one of stats, fit, normalize, backward, state, generate, regress, recover, example, bench; see 'jobs/batchnorm --help'");
    }

    @Test
    void emptyPathsAreRefused() {
        CommandRun.of("stats", "--input", "", "--column", "x").fails(ExitCode.USAGE, "--input is empty; give a path");
        CommandRun.of("fit", "--input", "a", "--column", "x", "--state-out", " ")
                .fails(ExitCode.USAGE, "--state-out is empty; give a path");
        CommandRun.of("normalize", "--mode", "train", "--input", "a", "--column", "x", "--output", "")
                .fails(ExitCode.USAGE, "--output is empty; give a path");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "stats --help", "fit --help", "normalize --help", "backward --help"})
    void helpShowsExamplesAndFitsAHundredColumns(String words) {
        CommandRun run = CommandRun.ofWords(words).succeeds();
        assertThat(run.out()).contains("Usage: jobs/batchnorm", "Examples:", "--input jobs/examples/");
        assertThat(run.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @Test
    void helpListsEveryOption() {
        assertThat(CommandRun.ofWords("normalize --help").out())
                .contains("--mode", "--input", "--format", "--option=K=V", "--column=", "--columns=", "--shape")
                .contains("--layout", "--dtype", "--module", "--non-finite", "--handle-invalid", "--batch-column")
                .contains("--state-in", "--eps", "--momentum", "--no-affine", "--no-track", "--state-out")
                .contains("--output=", "--output-column", "--output-format", "--output-option", "--expect-digest")
                .contains("--overwrite", "--verbose", "--help");
        assertThat(CommandRun.ofWords("stats --help").out()).contains("--json").doesNotContain("--eps");
    }

    @Test
    void theVersionIsShown() {
        assertThat(CommandRun.of("--version").succeeds().out()).startsWith("spark-batchnorm ");
    }
}
