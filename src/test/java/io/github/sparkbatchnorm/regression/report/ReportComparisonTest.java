package io.github.sparkbatchnorm.regression.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.regression.CaseResult;
import io.github.sparkbatchnorm.regression.Check;
import io.github.sparkbatchnorm.regression.engine.ExecutorEnds;
import io.github.sparkbatchnorm.regression.engine.JobMeter.Usage;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class ReportComparisonTest {
    private static JsonNode report(String spark, String digest, long bytes, int cores, double... seconds) {
        List<Usage> rounds = DoubleStream.of(seconds)
                .mapToObj(time -> new Usage(time, time, bytes, 10, 20))
                .toList();
        RegressionReport report = new RegressionReport("quick", Map.of("spark", spark));
        report.add(new CaseResult("floats", 1000, Map.of("statistics", digest), Map.of("stats", rounds)), cores);
        return report.json();
    }

    private static List<String> compare(JsonNode before, JsonNode after) {
        return new ReportComparison(before, after, 0.2)
                .checks().stream().map(Check::toString).toList();
    }

    @Test
    void theSameIsOk() {
        JsonNode report = report("4.1.0", "sha256:a", 100, 2, 1, 1.1, 1.2);
        assertThat(compare(report, report))
                .containsExactly(
                        "ok against/environment: found no difference; expected any",
                        "ok against/floats/digests: found 1 digests as before; expected the digests of the earlier report",
                        "ok against/floats/throughput: found 1 jobs as fast; expected values a second and core within"
                                + " 20 % and the noise",
                        "ok against/floats/bytes: found 1 jobs read, shuffle and write no more; expected bytes within 20 %");
    }

    @Test
    void ratesAreNotComparedWhereExecutorsWereEnded() {
        RegressionReport disturbed = new RegressionReport("quick", Map.of("spark", "4.1.0"));
        disturbed.add(
                new CaseResult(
                        "floats",
                        1000,
                        Map.of("statistics", "sha256:a"),
                        Map.of("stats", List.of(new Usage(9, 9, 900, 10, 20)))),
                2);
        disturbed.add(new ExecutorEnds.Result(2, 1, 3, false));
        JsonNode report = report("4.1.0", "sha256:a", 100, 2, 1, 1.1, 1.2);
        assertThat(compare(report, disturbed.json()))
                .contains(
                        "ok against/floats/digests: found 1 digests as before; expected the digests of the earlier report",
                        "skipped against/floats/throughput: executors were ended while one of the runs was going on",
                        "skipped against/floats/bytes: executors were ended while one of the runs was going on");
        assertThat(compare(disturbed.json(), report))
                .filteredOn(line -> line.startsWith("skipped "))
                .hasSize(2);
    }

    @Test
    void otherBitsFailAndAnotherEnvironmentIsNamed() {
        assertThat(compare(report("4.1.0", "sha256:a", 100, 2, 1), report("4.1.2", "sha256:b", 100, 2, 1)))
                .contains(
                        "ok against/environment: found spark 4.1.0 -> 4.1.2; expected any",
                        "FAILED against/floats/digests: found statistics sha256:b for sha256:a; expected the digests of the"
                                + " earlier report",
                        "skipped against/floats/throughput: no job ran three rounds or more in both");
    }

    @Test
    void aThroughputThatIsWorseByMoreThanToleranceAndNoiseFails() {
        JsonNode before = report("4.1.0", "sha256:a", 100, 2, 1, 1, 1.1);
        // The noise is 0.1 of the earlier report: 1.29 is within 1 + 0.2 + 0.1.
        assertThat(compare(before, report("4.1.0", "sha256:a", 100, 2, 1.29, 1.29, 1.29))
                        .get(2))
                .startsWith("ok ");
        assertThat(compare(before, report("4.1.0", "sha256:a", 100, 2, 1.32, 1.32, 1.32))
                        .get(2))
                .startsWith("FAILED against/floats/throughput: found stats 0.76 of before, with a noise of 0.10");
        // Twice the time on half of the cores is the same rate of a core.
        assertThat(compare(before, report("4.1.0", "sha256:a", 100, 1, 2, 2, 2)).get(2))
                .startsWith("ok ");
    }

    @Test
    void moreBytesOfAValueFail() {
        JsonNode before = report("4.1.0", "sha256:a", 100, 2, 1);
        assertThat(compare(before, report("4.1.0", "sha256:a", 119, 2, 1)).get(3))
                .startsWith("ok ");
        assertThat(compare(before, report("4.1.0", "sha256:a", 121, 2, 1)).get(3))
                .startsWith("FAILED against/floats/bytes: found stats: bytes_read 0.121 a value for 0.100");
    }

    @Test
    void casesOfOneReportAreSkipped() {
        JsonNode none = new RegressionReport("quick", Map.of()).json();
        JsonNode one = report("4.1.0", "sha256:a", 100, 2, 1);
        assertThat(compare(none, one)).contains("skipped against/floats/digests: the earlier report has no such case");
        assertThat(compare(one, none)).contains("skipped against/floats/digests: this run has no such case");
    }
}
