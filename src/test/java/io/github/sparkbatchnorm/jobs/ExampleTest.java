package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code example}: what batch norm is for. */
final class ExampleTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final Pattern PERCENT = Pattern.compile("([0-9.]+) %");

    @Test
    void batchNormTrainsWhereTheSameNetworkWithoutItFails() {
        CommandRun run = CommandRun.ofWords("example digits --epochs 1").succeeds();
        List<Double> percents = PERCENT.matcher(run.out())
                .results()
                .map(match -> Double.valueOf(match.group(1)))
                .toList();
        assertThat(percents).as(run.out()).hasSize(6);
        // Without, with; at a small rate, at ten times that, and from weights that are too small.
        assertThat(percents.get(1)).isGreaterThan(70);
        assertThat(percents.get(3)).isGreaterThan(70).isGreaterThan(percents.get(2) + 40);
        assertThat(percents.get(5)).isGreaterThan(70).isGreaterThan(percents.get(4) + 40);
        assertThat(run.result("time")).endsWith("s");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    example letters             | there is no example 'letters'; expected digits
                    example                     | Missing required parameter: 'NAME'
                    example digits --epochs 0   | --epochs is 0; expected 1 or more
                    example digits --partitions 0 | --partitions is 0; expected 1 or more
                    """)
    void wrongOptionsAreRefused(String words, String message) {
        CommandRun.ofWords(words).fails(ExitCode.USAGE, message);
    }
}
