package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.publish.HdfsStandIn;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where targets lie, Spark's settings tell. */
final class TargetPathsTest {
    @ParameterizedTest
    @CsvSource({
        "/x/y, hdfs://host/x/y, true",
        "x, hdfs://host:8020/user/x, false",
        "/x, hdfs://host:8020/x/, true",
        "/x, file:/x, false",
        "/x/*, /x/*, false",
    })
    void aTargetIsWhereTheDefaultFileSystemIs(String output, String input, boolean same) {
        Configuration hdfs = HdfsStandIn.configuration();
        InputSource source = new InputSource(List.of(input), "parquet", Map.of());
        assertThat(new TargetPaths().folder("--output", output).replaceInput(source, hdfs))
                .isEqualTo(same);
    }
}
