package io.github.sparkbatchnorm.sql.procedure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.transform.TensorFunctionCatalog;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A wrong call is one line that speaks of the arguments, and leaves nothing. */
final class ProcedureErrorsTest extends ProcedureTesting {
    private static final long serialVersionUID = 1L;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    stats('')                                    | stats: table is empty
                    stats('t')                                   | stats: neither column nor columns is given
                    stats('t', column => 'x', columns => 'c0')   | both column and columns are given; give one of them
                    stats('t', columns => 'c0,,c1')              | columns c0,,c1 has an empty name
                    stats('t', columns => array('c0', NULL))     | columns has a null; expected names of columns
                    stats('t', columns => 'c0,c1,c0')            | columns names c0 twice
                    stats('t', columns => 'q*')                  | columns q* matches no column of numbers; the columns are id, x, b, c0, c1
                    stats('t', columns => 'c0', dtype => 'float32') | dtype says what a binary column holds and goes with column
                    stats('t', 'nope')                           | column nope
                    stats('missing', 'x')                        | cannot be found; check table, or the catalog
                    stats('parquet.`/no/such/folder`', 'x')      | check table
                    stats('/no/such/folder', 'x')                | check table, which is a name or parquet.`path`; a query goes into a temporary view
                    stats('SELECT 1 AS x', 'x')                  | check table, which is a name
                    stats('t', 'x', shape => '3,x')              | shape is '3,x'; expected 1 to 4 whole numbers
                    stats('t', 'x', shape => '0,2')              | shape is '0,2': shape [0, 2] has an axis of size 0
                    stats('t', 'x', shape => '3')                | column x
                    stats('t', 'x', layout => 'nchw')            | layout is 'nchw'; expected one of channels-first, channels-last
                    stats('t', 'x', dtype => 'float16')          | dtype is 'float16'; expected one of float32, float64
                    stats('t', 'x', module => 'BatchNorm')       | module is 'BatchNorm'; expected one of BatchNorm1d, BatchNorm2d, BatchNorm3d
                    stats('t', 'x', module => 'BatchNorm2d')     | BatchNorm2d
                    stats('t', 'x', non_finite => 'skip')        | non_finite is 'skip'; expected one of propagate, skip-batch, ignore, fail
                    stats('t', 'x', handle_invalid => 'drop')    | handle_invalid is 'drop'; expected one of error, skip, keep
                    stats('t', 'x', batch_column => ' ')         | batch_column is empty; give the name of a column
                    stats('t', 'x', batch_column => 'x')         | batch column x
                    stats('t', 'x', where => 'id +')             | where
                    stats('t', 'x', where => 'id > 100')         | where
                    stats('t', 'x', expect_digest => 'abc')      | expect_digest is 'abc'; expected sha256:
                    stats('t', 'x', expect_digest => 'sha256:0000000000000000000000000000000000000000000000000000000000000000') | expect_digest expected sha256:0000
                    describe('missing')                          | describe: The table or view `missing` cannot be found; check table
                    fit('t', '', 'x')                            | fit: state is empty
                    fit('t', NULL, 'x')                          | fit: state is null
                    fit('t', 'c:/d', 'x')                        | state c:/d
                    fit('t', 's', 'x', eps => -1)                | eps is '-1.0'; expected a number that is 0 or more
                    fit('t', 's', 'x', eps => double('Infinity')) | eps is 'Infinity'
                    fit('t', 's', 'x', momentum => 1.1)          | momentum is '1.1'; expected a number from 0 to 1, or none
                    fit('t', 's', 'x', momentum => double('NaN')) | momentum is 'NaN'
                    fit('t', 's', 'x', state_in => 'q', eps => 1) | eps cannot be given with state_in, whose file has its own
                    fit('t', 's', 'x', state_in => 'q', momentum => 0.5, affine => false) | momentum, affine => false cannot be given with state_in
                    fit('t', 's', 'x', state_in => 'q')          | state_in DIR/models/q.json does not exist
                    fit('t', 's', 'x', state_in => '/')          | state_in /
                    fit('t', 's', 'x', state_in => ' ')          | state_in is empty
                    fit('t', 's', 'x', preset => 'minmax')       | preset is 'minmax'; expected one of batch-norm, standard-scaler, sklearn
                    fit('t', 's', 'x', with_std => true)         | with_std goes with preset => 'standard-scaler'
                    fit('t', 's', 'x', preset => 'sklearn', eps => 0, track => false, batch_column => 'b') | eps, track => false, batch_column cannot be given with preset sklearn
                    fit('t', 's', 'x', preset => 'sklearn', non_finite => 'skip-batch') | non_finite => 'skip-batch' cannot be given with preset sklearn
                    fit('t', 's', 'x', preset => 'sklearn', momentum => 0.5) | momentum cannot be given with preset sklearn
                    fit('t', 's', 'x', preset => 'sklearn', state_in => 'q') | state_in cannot be given with preset sklearn
                    fit('t', 's', 'x', state_version => '3')     | state_version is '3'; expected one of 1, 2
                    fit('t', 's', 'x', where => 'id < 1')        | Expected more than 1 value per channel when training
                    normalize('t', 'both', 'x', output_table => 'o') | normalize: mode is 'both'; expected one of train, eval
                    normalize('t', 'train', 'x')                 | neither output_table nor output_path is given; give one of them
                    normalize('t', 'train', 'x', output_table => 'o', output_path => '/o') | both output_table and output_path are given
                    normalize('t', 'train', 'x', output_path => ' ') | output_path is empty
                    normalize('t', 'train', 'x', output_table => ' ') | output_table is empty
                    normalize('t', 'train', 'x', output_table => 'a b') | output_table is 'a b'; expected the name of a table
                    normalize('t', 'train', 'x', output_table => 'proc_functions.o') | is in the catalog proc_functions, which has no tables
                    normalize('t', 'train', 'x', output_table => 'bn.o') | normalize: catalog bn has states, which are written by CALL bn.system.fit; expected another catalog for tables
                    normalize('t', 'train', 'x', output_table => 'nowhere.o') | output_table nowhere.o cannot be written
                    normalize('t', 'train', 'x', output_table => 'o', output_format => 'nope') | Spark has no format 'nope'; check its name, or start Spark with the package GROUP:ARTIFACT:VERSION of its connector
                    normalize('t', 'eval', 'x', output_table => 'o') | mode => 'eval' has no running statistics; give state_in, or track => false
                    normalize('t', 'eval', 'x', output_table => 'o', state_in => 's', state_out => 'r') | mode => 'eval' changes no state; leave state_out away, or give mode => 'train'
                    normalize('t', 'eval', 'x', output_table => 'o', state_in => 's', where => 'id > 1') | where says which rows the statistics are of, and mode => 'eval' computes none
                    normalize('t', 'train', 'x', output_table => 'o', inverse => true) | inverse => true goes back through the running statistics of a state; give mode => 'eval'
                    normalize('t', 'train', 'x', output_table => 'o', state_version => '1') | state_version says how state_out is written
                    normalize('t', 'train', columns => 'c0', output_table => 'o', output_column => 'z') | output_column goes with column
                    normalize('t', 'train', 'x', output_table => 'o', output_column => 'id') | column id
                    normalize('t', 'train', 'x', output_path => 'DIR/o', output_format => 'csv') | output_format csv has no arrays
                    normalize('t', 'train', 'x', output_path => 'DIR/o', state_out => 'DIR/o/s') | state_out DIR/o/s is in output_path DIR/o
                    """)
    void aWrongCallIsOneLine(String call, String message) throws IOException {
        spark().conf().set("spark.sql.catalog.proc_functions", TensorFunctionCatalog.class.getName());
        fails("CALL PROC." + call, filled(message));
        assertThat(files("models")).isEmpty();
        assertThat(files("o")).isEmpty();
        assertThat(rows("SHOW TABLES").toString()).doesNotContain("batchnorm", "[default,o");
    }

    @Test
    void whatExistsIsReplacedOnlyIfAskedFor() throws IOException {
        rows("CALL PROC.fit('t', 's', 'x')");
        fails(
                "CALL PROC.fit('t', 's', 'x')",
                "fit: state ",
                directory + "/models/s.json exists; give another place, or overwrite => true to replace it");
        rows("CALL PROC.fit('t', 's', 'x', momentum => 0.5, overwrite => true)");
        assertThat(model("s").config().momentum()).isEqualTo(0.5);
    }

    @Test
    void noMessageQuotesAFileThatIsNoState() throws IOException {
        Files.createDirectories(directory.resolve("models"));
        Files.writeString(directory.resolve("models/secret.json"), "{\"password\": 42}");
        Files.writeString(directory.resolve("passwd"), "root:x:0:0");
        for (String place : new String[] {"secret", "DIR/models/secret.json", "DIR/passwd"}) {
            fails(
                    "CALL PROC.fit('t', 's', 'x', state_in => '" + place + "')",
                    "is no valid state of spark-batchnorm; write it with fit");
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> rows("CALL PROC.fit('t', 's', 'x', state_in => '" + place + "')")))
                    .satisfies(e -> {
                        for (Throwable t = e; t != null; t = t.getCause()) {
                            assertThat(t.getMessage()).doesNotContain("root:x", "password");
                        }
                    });
        }
    }

    @Test
    void aServerTakesPathsOnlyIfItIsStartedSo() throws IOException {
        rows("CALL PROC.fit('t', 's', 'x')");
        setting("models", () -> {
            rows("CALL PROC.fit('t', 's', 'x', state_in => 's')");
            fails(
                    "CALL PROC.fit('t', 'DIR/s.json', 'x')",
                    "state is the path DIR/s.json, and spark.batchnorm.paths is models; expected the name of a state"
                            .replace("DIR", directory.toString()));
            fails("CALL PROC.fit('t', 's', 'x', state_in => 'DIR/models/s.json')", "state_in is the path");
            fails(
                    "CALL PROC.normalize('t', 'train', 'x', output_path => 'DIR/o')",
                    "output_path is the path",
                    "expected output_table");
            fails(
                    "CALL PROC.normalize('t', 'train', 'x', output_table => 'o', state_out => '/s')",
                    "state_out is the path");
        });
        setting("none", () -> {
            fails("CALL PROC.fit('t', 's', 'x', overwrite => true)", "spark.batchnorm.paths is none");
            fails(
                    "CALL PROC.normalize('t', 'eval', 'x', state_in => 's', output_table => 'o')",
                    "spark.batchnorm.paths is none");
            fails("CALL PROC.normalize('t', 'train', 'x', output_path => 'DIR/o')", "output_path is the path");
            assertThat(rows("CALL PROC.stats('t', 'x')")).hasSize(2);
        });
        // What a session sets does not count.
        spark().conf().set("spark.batchnorm.paths", "none");
        try {
            rows("CALL PROC.fit('t', 'DIR/s.json', 'x')");
        } finally {
            spark().conf().unset("spark.batchnorm.paths");
        }
        assertThat(files("o")).isEmpty();
    }

    /** Runs with a setting of the application, which no user can change while it runs. */
    private void setting(String value, Runnable calls) {
        SparkContext context = spark().sparkContext();
        context.conf().set("spark.batchnorm.paths", value);
        context.conf()
                .set("spark.sql.catalog.bn.models", directory.resolve("models").toString());
        try {
            calls.run();
        } finally {
            context.conf().remove("spark.batchnorm.paths");
            context.conf().remove("spark.sql.catalog.bn.models");
        }
    }
}
