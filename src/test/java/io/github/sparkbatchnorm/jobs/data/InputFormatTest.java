package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InputFormatTest {
    @ParameterizedTest
    @CsvSource({
        "wine.csv, csv",
        "data/wine.CSV.gz, csv",
        "hdfs://host:9000/digits.jsonl, json",
        "digits.jsonl.bz2, json",
        "digits.ndjson.zst, json",
        "digits.json, json",
        "rows.orc/, orc",
        "rows.avro, avro",
        "a1a.libsvm, libsvm",
        "cat.jpeg, image",
        "*.png, image",
        "data/*.csv, csv",
        "rows, parquet",
        "rows.parquet, parquet",
        "v1.2/rows, parquet",
        "rows.gz, parquet",
        "gz, parquet",
        ".gz, parquet",
        "csv, parquet",
    })
    void thePathTellsTheFormat(String path, String format) {
        assertThat(InputFormat.ofPaths(List.of(path))).isEqualTo(format);
    }

    @Test
    void pathsOfDifferentFormatsAreRefused() {
        assertThat(InputFormat.ofPaths(List.of("a.json", "b.jsonl.gz"))).isEqualTo("json");
        assertThatThrownBy(() -> InputFormat.ofPaths(List.of("a.json", "b")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("a.json looks like json and --input b like parquet");
    }

    @ParameterizedTest
    @CsvSource({
        "parquet, false, parquet",
        "orc, false, orc",
        "JSON, false, json",
        "json, true, json",
        "csv, true, csv",
        "csv, false, parquet",
        "libsvm, false, parquet",
        "image, false, parquet",
        "table, true, parquet",
        "avro, true, parquet",
    })
    void theInputsFormatIsTheOutputsWhereItCanHoldIt(String input, boolean channelColumns, String output) {
        assertThat(InputFormat.defaultOutput(input, channelColumns)).isEqualTo(output);
    }
}
