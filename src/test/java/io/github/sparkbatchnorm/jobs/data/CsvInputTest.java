package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.CommandTest;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Csv as Python, pandas, R and Excel write it: nothing moves to another column, and what passes through stays. */
final class CsvInputTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    @Test
    void doubledQuotesStayInTheirCell() throws IOException {
        write("in.csv", "name,a,b\n\"x \"\"q\"\", y\",1,100\n\"\"\"\",3,300\n");
        run("stats --input DIR/in.csv --columns a,b --json DIR/s.json");
        assertThat(json("s.json").get("mean").toString()).isEqualTo("[2.0,200.0]");
        run("normalize --mode train --input DIR/in.csv --columns a --output DIR/out");
        assertThat(lines("out"))
                .containsExactly(
                        "name,a,b", "\"x \"\"q\"\", y\",-0.9999950000374997,100", "\"\"\"\",0.9999950000374997,300");
    }

    @Test
    void anEscapeThatTheUserGivesWins() throws IOException {
        write("in.csv", "name,a\n\"x \\\"q\\\", y\",1\nz,3\n");
        run("stats --input DIR/in.csv --columns a --option ESCAPE=\\ --json DIR/s.json");
        assertThat(json("s.json").get("mean").toString()).isEqualTo("[2.0]");
    }

    @Test
    void columnsThatPassThroughKeepTheirText() throws IOException {
        List<String> rows = List.of(
                "01234, x ,back\\slash,1.10,2024-03-10 02:30:00,true,1,0",
                "00007,\t,\"a,b\",1e3,2024-03-10T02:30:00.123456789Z,TRUE,2,0",
                "-0,\"\",\"\"\"q\"\"\",+5,1/2/2024,no,3,0",
                ",  ,a\"b,1.0E400,,,4,0",
                "NULL,NA,null,NaN,0000-00-00,nan,5,0");
        write("in.csv", "zip,blank,text,number,time,flag,a,b\n" + String.join("\n", rows) + "\n");
        run("normalize --mode eval --no-track --eps 0 --no-affine --input DIR/in.csv --columns b --output DIR/out");
        assertThat(lines("out").subList(1, 6))
                .containsExactlyElementsOf(rows.stream()
                        .map(row -> row.replace("a\"b", "\"a\"\"b\"").replaceFirst("0$", "0.0"))
                        .toList());
    }

    @Test
    void aNullValueOfTheUserIsNullInOurColumnsAndTextInTheOthers() throws IOException {
        write("in.csv", "name,a\n?,1\n,?\nx,3\n");
        CommandRun run = run("normalize --mode train --input DIR/in.csv --option nullValue=? --handle-invalid keep"
                + " --columns a --output DIR/out");
        assertThat(run.result("rows")).isEqualTo("2");
        assertThat(lines("out").stream().map(line -> line.replaceFirst(",.*", "")))
                .containsExactly("name", "?", "", "x");
    }

    @Test
    void otherFormatsGetTheTypesThatSparkInfers() throws IOException {
        write("in.csv", "day,count,a\n2024-01-01,07,1\n2024-01-02,8,3\n");
        run("normalize --mode train --input DIR/in.csv --columns a --output DIR/out --output-format parquet");
        assertThat(spark().read().parquet(directory + "/out").schema().simpleString())
                .isEqualTo("struct<day:date,count:int,a:double>");
        run("normalize --mode train --input DIR/in.csv --columns a --output DIR/typed --option inferSchema=true");
        assertThat(lines("typed").get(1)).startsWith("2024-01-01,7,");
    }

    @Test
    void batchesHaveTheTypeThatSparkInfers() throws IOException {
        write("in.csv", "b,a,day\n10,1,2024-01-02\n9,2,2024-01-01\n10,4,2024-01-02\n9,3,2024-01-01\n");
        run("stats --input DIR/in.csv --columns a --batch-column b --json DIR/s.json");
        assertThat(json("s.json").get("batches").findValues("batch").toString()).isEqualTo("[9, 10]");
        run("stats --input DIR/in.csv --columns a --batch-column day --json DIR/d.json");
        assertThat(json("d.json").get("batches").findValues("batch").toString())
                .isEqualTo("[\"2024-01-01\", \"2024-01-02\"]");
    }

    @ParameterizedTest
    @CsvSource({"'1,2\n3\n', 3", "'1,2\n3,4,5\n', '3,4,5'"})
    void rowsOfOtherNumbersOfCellsAreRefusedOrSkipped(String rows, String example) throws IOException {
        write("in.csv", "a,b\n" + rows + "7,8\n");
        for (String invalid : List.of("error", "keep")) {
            CommandRun.ofWords("stats --columns a --handle-invalid " + invalid + " --input " + directory + "/in.csv")
                    .fails(
                            ExitCode.FAILED,
                            "with more or fewer cells than the first line, e.g. '" + example + "'; expected as");
        }
        CommandRun run = run(
                "normalize --mode train --eps 0 --columns a --handle-invalid skip --input DIR/in.csv --output DIR/o");
        assertThat(run.result("rows")).isEqualTo("2");
        assertThat(lines("o")).hasSize(3).contains("a,b", "-1.0,2", "1.0,8");
    }

    @Test
    void lineEndsInCellsNeedAnOption() throws IOException {
        write("in.csv", "a,b\n1,\"x\ny\"\n3,z\n");
        CommandRun.ofWords("stats --columns a --input " + directory + "/in.csv")
                .fails(ExitCode.FAILED, "--option multiLine=true where cells hold line ends");
        assertThat(run("stats --columns a --option multiLine=true --input DIR/in.csv")
                        .result("rows"))
                .isEqualTo("2");
        write("bad.csv", "a,b\n1,\"x\ny\",3\n3,z\n");
        CommandRun.ofWords("stats --columns a --option multiLine=true --input " + directory + "/bad.csv")
                .fails(ExitCode.FAILED, "1 row with more or fewer cells");
    }

    @Test
    void filesHaveTheirColumnsInOneOrder() throws IOException {
        write("1.csv", "a,b,name\n1,2,x\n");
        write("2.csv", "b,a,name\n3,4,y\n");
        CommandRun.ofWords("stats --columns a --input %s/1.csv --input %s/2.csv".replace("%s", directory.toString()))
                .fails(ExitCode.FAILED, "CSV header does not conform to the schema");
    }

    @Test
    void columnsWithoutNamesOrWithOneTwiceAreRead() throws IOException {
        write("1.csv", ",a,b,b\n0,1,2,x\n");
        write("2.csv", ",a,b,b\n1,3,4,y\n");
        assertThat(run("stats --columns a,_c0 --input DIR/1.csv --input DIR/2.csv")
                        .result("rows"))
                .isEqualTo("2");
        write("3.csv", ",b,a,b\n1,3,4,y\n");
        CommandRun.ofWords("stats --columns a --input %s/1.csv --input %s/3.csv".replace("%s", directory.toString()))
                .fails(
                        ExitCode.FAILED,
                        "a file begins with ', b, a, b', another one with ', a, b, b'; expected the same first line");
        write("4.csv", ",a,b,b\n1,inf,4,y\n2,NA,4,y\n");
        assertThat(run("stats --columns a --handle-invalid skip --input DIR/1.csv --input DIR/4.csv")
                        .result("rows"))
                .isEqualTo("2");
    }

    @Test
    void microsecondsAreWritten() {
        spark().sql("SELECT 1.0D AS a, TIMESTAMP '2024-05-06 07:08:09.123456' AS t,"
                        + " TIMESTAMP_NTZ '2024-05-06 07:08:09.123456' AS n, TIMESTAMP '1880-01-01 00:00:00' AS old"
                        + " UNION ALL SELECT 2.0D, TIMESTAMP '2024-05-06 07:08:09', NULL, NULL")
                .write()
                .parquet(directory + "/in");
        for (String format : List.of("csv", "json")) {
            run("normalize --mode train --input DIR/in --columns a --output DIR/" + format + " --output-format "
                    + format);
            List<Row> rows = spark().read()
                    .format(format)
                    .option("header", true)
                    .schema("a DOUBLE, t TIMESTAMP, n TIMESTAMP_NTZ, old TIMESTAMP")
                    .load(directory + "/" + format)
                    .sort("a")
                    .select("t", "n", "old")
                    .collectAsList();
            assertThat(rows)
                    .isEqualTo(spark().read()
                            .parquet(directory + "/in")
                            .sort("a")
                            .select("t", "n", "old")
                            .collectAsList());
        }
    }

    @Test
    void batchesAreTypedAndTextsStayBesideThem() throws IOException {
        write("in.csv", "b,a,text\n1,1,NA\n1,2,\"\"\nNA,5,x\n\"\",6,\n");
        CommandRun.ofWords("stats --columns a --batch-column b --option nullValue=NA --input " + directory + "/in.csv")
                .fails(ExitCode.FAILED, "null batch in 2 rows");
        write("dates.csv", "day,a,text\n01/02/2024,1,NA\n01/02/2024,2,\"\"\n02/02/2024,5,\n02/02/2024,6,x\n");
        run("normalize --mode train --eps 0 --columns a --batch-column day --option nullValue=NA"
                + " --option dateFormat=dd/MM/yyyy --input DIR/dates.csv --output DIR/out");
        assertThat(lines("out"))
                .containsExactly(
                        "day,a,text",
                        "2024-02-01,-1.0,NA",
                        "2024-02-01,1.0,\"\"",
                        "2024-02-02,-1.0,",
                        "2024-02-02,1.0,x");
    }
}
