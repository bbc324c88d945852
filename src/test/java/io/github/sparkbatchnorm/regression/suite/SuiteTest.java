package io.github.sparkbatchnorm.regression.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import io.github.sparkbatchnorm.regression.generate.Kind;
import io.github.sparkbatchnorm.regression.generate.Profile;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SuiteTest {
    @ParameterizedTest
    @ValueSource(strings = {"quick", "full", "cluster"})
    void theSuitesOfTheProjectAreValid(String name) throws IOException {
        Path file = Path.of("conf/regression", name + ".json");
        Suite suite = Suite.read(Files.readString(file), file.toString());
        assertThat(suite.cases()).isNotEmpty().allSatisfy(each -> {
            assertThat(each.data(suite.rows(), suite.channels()).gradients()).isTrue();
            assertThat(each.config().affine()).isTrue();
        });
        assertThat(suite.description()).isNotBlank();
    }

    @Test
    void aCaseHasPartsAndMultiplesOfTheSuite() {
        Suite suite = Suite.read(
                """
                { // a comment
                  "rows": 1000, "channels": 8,
                  "cases": [{"name": "a"}, {"name": "b-2", "kind": "binary", "dtype": "float64", "profile": "ill-conditioned",
                    "rows_factor": 0.5, "channels_factor": 2, "spatial": [3, 4], "batches": 7, "interleaved": true,
                    "momentum": "none", "eps": 0, "skew": 2.5, "partitions": 3}]}
                """,
                "suite");
        SuiteCase second = suite.cases().get(1);
        GeneratorOptions data = second.data(suite.rows(), suite.channels());
        assertThat(data.rows()).isEqualTo(500);
        assertThat(data.shape()).isEqualTo(SampleShape.channelsFirst(16, 3, 4));
        assertThat(data.kind()).isEqualTo(Kind.BINARY);
        assertThat(data.dtype()).isEqualTo(Dtype.FLOAT64);
        assertThat(data.profile()).isEqualTo(Profile.ILL_CONDITIONED);
        assertThat(data.skew()).isEqualTo(2.5);
        assertThat(second.config()).isEqualTo(BatchNormConfig.DEFAULT.withEps(0).withCumulativeAverage());
        SuiteCase first = suite.cases().get(0);
        assertThat(first.data(10, 3))
                .isEqualTo(
                        GeneratorOptions.of(10, SampleShape.channelsFirst(3), 0).withGradients(true));
        assertThat(first.config()).isEqualTo(BatchNormConfig.DEFAULT);
        assertThat(first.sameKinds()).isEqualTo(List.of());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '@',
            value = {
                "{\"rows\": 1, \"channels\": 1, \"cases\": [{\"name\": \"a\", \"rowz\": 3}]} | suite, line 1: unknown key rowz; expected some of batches, channels_factor",
                "{\"rows\": 1, \"channels\": 1, \"cases\": []} | there are no cases; expected one or more",
                "{\"rows\": 1, \"channels\": 1, \"cases\": [{\"name\": \"a\"}, {\"name\": \"a\"}]} | two cases have the name a",
                "{\"rows\": 1, \"channels\": 1, \"cases\": [{\"name\": \"A b\"}]} | a case has the name A b; expected one of lower-case letters",
                "{\"rows\": 1, \"channels\": 1, \"cases\": [{}]} | a case has the name null",
                "{\"rows\": 0, \"channels\": 1, \"cases\": [{\"name\": \"a\"}]} | rows is 0 and channels 1; expected 1 or more of both",
                "{\"rows\": 1, \"channels\": 1, \"cases\": [{\"name\": \"a\", \"kind\": \"cube\"}]} | 'cube'; expected one of array, nested, vector, sparse, binary, columns",
                "{\"rows\": 1.5, \"channels\": 1, \"cases\": [{\"name\": \"a\"}]} | suite, line 1",
                "{\"rows\": 1, \"rows\": 2} | Duplicate field 'rows'",
                "{\"rows\": 1 | suite, line 1",
                "[] | suite, line 1",
            })
    void whatIsNoSuiteIsRefused(String json, String message) {
        assertThatThrownBy(() -> Suite.read(json, "suite"))
                .isInstanceOf(BatchNormException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aMomentumIsANumberOrNone() {
        Suite suite = Suite.read(
                "{\"rows\": 1, \"channels\": 1, \"cases\": [{\"name\": \"a\", \"momentum\": \"some\"}]}", "suite");
        assertThatThrownBy(() -> suite.cases().get(0).config())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("momentum is some; expected a number or none");
    }
}
