package io.github.sparkbatchnorm.jobs.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

final class SettingErrorTest {
    private final SparkConf conf = new SparkConf(false)
            .set("spark.a", "one")
            .set("spark.a.b", "two")
            .set("spark.listeners", "x.Y, x.Z")
            .set("spark.number", "many");

    @Test
    void theSettingWhoseKeyIsNamed() {
        assertThat(SettingError.of(
                        new RuntimeException(new IllegalArgumentException("The value 'two' of spark.a.b is wrong.")),
                        conf))
                .hasValue("spark.a.b=two: The value 'two' of spark.a.b is wrong");
    }

    @Test
    void theSettingThatNamesAMissingClass() {
        assertThat(SettingError.of(new RuntimeException("above", new ClassNotFoundException("x.Z")), conf))
                .hasValue("spark.listeners=x.Y, x.Z: ClassNotFoundException: x.Z");
    }

    @Test
    void theSettingThatIsNoNumber() {
        assertThat(SettingError.of(new NumberFormatException("For input string: \"many\""), conf))
                .hasValue("spark.number=many: NumberFormatException: For input string: \"many\"");
    }

    @Test
    void otherFailuresAreAboutNone() {
        assertThat(SettingError.of(new IllegalStateException("port taken: consider spark.a"), conf))
                .isEmpty();
        assertThat(SettingError.of(new ClassNotFoundException("other.Class"), conf))
                .isEmpty();
        assertThat(SettingError.of(new NullPointerException(), conf)).isEmpty();
    }
}
