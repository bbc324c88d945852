package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.CommandTest;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cells of csv columns of numbers, as Python, pandas and R write them. */
final class NumberCellTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    1;2;3                  | 2.0      | 3 | 0 | 0
                    nan;1;NaN;NAN          | NaN      | 4 | 3 | 0
                    inf;1                  | Infinity | 2 | 0 | 1
                    Inf;Infinity;+inf      | Infinity | 3 | 0 | 3
                    -inf;-Infinity;-INF    | -Infinity | 3 | 0 | 3
                    1.5; 2.5 ;-1e3         | -332.0   | 3 | 0 | 0
                    true;false;TRUE;False  | 0.5      | 4 | 0 | 0
                    +NaN;-nan;-.5e-1;+1.   | NaN      | 4 | 2 | 0
                    """)
    void cellsAreNumbersAsNumpyPandasAndRWriteThem(String cells, String mean, int count, int nan, int infinite)
            throws IOException {
        write("in.csv", "a,b\n" + cells.replace(";", ",x\n") + ",x\n");
        run("stats --input DIR/in.csv --columns a --json DIR/s.json");
        JsonNode found = json("s.json");
        assertThat(found.get("mean").get(0).asText()).isEqualTo(mean);
        assertThat(found.get("count").get(0).asInt()).isEqualTo(count);
        assertThat(found.get("nan").get(0).asInt()).isEqualTo(nan);
        assertThat(found.get("infinite").get(0).asInt()).isEqualTo(infinite);
    }

    @Test
    void emptyAndNaAreNull() throws IOException {
        write("in.csv", "a,b\n1,x\n,x\nNA,x\n\"\",x\n 3,x\n  ,x\n");
        CommandRun.ofWords("stats --columns a --input " + directory + "/in.csv")
                .fails(ExitCode.FAILED, "column a: null in 4 rows, e.g. b=x");
        assertThat(run("stats --handle-invalid skip --columns a --input DIR/in.csv")
                        .result("rows"))
                .isEqualTo("2");
    }

    @Test
    void integersStayExact() throws IOException {
        write("in.csv", "a,b\n9007199254740993,1\n1,2\n");
        CommandRun.ofWords("stats --columns a --input " + directory + "/in.csv")
                .fails(ExitCode.FAILED, "column a: integers beyond 2^53 in 1 row, e.g. b=1");
    }

    @Test
    void integersBeyondAllLongsAreRefused() throws IOException {
        write("in.csv", "a,b\n12345678901234567890,1\n1,2\n");
        for (String options : List.of("", " --batch-column b")) {
            CommandRun.ofWords("stats --columns a --input " + directory + "/in.csv" + options)
                    .fails(ExitCode.FAILED, "column a: integers beyond 2^53 in 1 row");
        }
    }

    @Test
    void textIsNoNumber() throws IOException {
        write("in.csv", "id,a\n1,zwei\n2,7\n3,drei\n4,drei\n");
        CommandRun.ofWords("stats --handle-invalid skip --columns id,a --input " + directory + "/in.csv")
                .fails(ExitCode.FAILED, "column a: no number in 3 rows, e.g. 'drei' where id=3; expected numbers");
        write("mixed.csv", "id,a\n1,true\n2,7\n");
        CommandRun.ofWords("stats --columns a --input " + directory + "/mixed.csv")
                .fails(ExitCode.FAILED, "column a: no number in 1 row, e.g. 'true' where id=1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"12d", "7F", "1e3f", "0x1p3", "1_000", "--1", "1e", "."})
    void whatOnlyJavaCallsANumberIsText(String cell) throws IOException {
        write("in.csv", "a,b\n1,x\n" + cell + ",y\n");
        CommandRun.ofWords("stats --columns a --input " + directory + "/in.csv")
                .fails(ExitCode.FAILED, "column a: no number in 1 row, e.g. '" + cell + "' where b=y");
    }

    @Test
    void whatTheUserCallsNotANumberIsOne() throws IOException {
        write("in.csv", "a\n1\nNA\n");
        assertThat(run("stats --columns a --option nanValue=NA --input DIR/in.csv")
                        .out())
                .contains("NaN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,b\n", "a,b\n,\n,\n", "a,b\nNA,\n"})
    void columnsWithoutValuesAreDoubles(String text) throws IOException {
        write("in.csv", text);
        CommandRun run =
                run("normalize --mode train --handle-invalid keep --input DIR/in.csv --columns a,b --output DIR/o"
                        + " --state-out DIR/state.json --output-format parquet");
        assertThat(run.result("rows")).isEqualTo("0");
        assertThat(run.result("channels")).isEqualTo("2");
        assertThat(spark().read().parquet(directory + "/o").schema().simpleString())
                .isEqualTo("struct<a:double,b:double>");
        run("stats --handle-invalid keep --input DIR/in.csv --columns a,b --json DIR/s.json");
        assertThat(json("s.json").get("count").toString()).isEqualTo("[0,0]");
    }

    @Test
    void theNormalizedColumnIsADoubleWhateverItsCellsAre() throws IOException {
        write("in.csv", "a,b\n1,true\n2,false\n");
        run("normalize --mode train --input DIR/in.csv --columns a,b --output DIR/o --output-format parquet");
        assertThat(spark().read().parquet(directory + "/o").schema().fields())
                .allSatisfy(field -> assertThat(field.dataType()).isEqualTo(DataTypes.DoubleType));
    }
}
