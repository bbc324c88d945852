package io.github.sparkbatchnorm.spark.shims;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

final class SecretsTest {
    private static final String REDACTED = "*********(redacted)";

    private final Secrets secrets = new Secrets(new SparkConf(false).set("spark.redaction.regex", "(?i)pin|password"));

    @Test
    void theUsersPatternCountsForKeysAndValues() {
        assertThat(secrets.redact(Map.of("my.PIN", "1", "opts", "-Dpassword=2", "plain", "3")))
                .isEqualTo(Map.of("my.PIN", REDACTED, "opts", REDACTED, "plain", "3"));
    }

    @Test
    void credentialsAndPasswordsInAddressesAreSecret() {
        assertThat(secrets.redact(Map.of(
                        "spark.sql.x.credential", "1",
                        "fs.azure.account.key.a", "2",
                        "place", "s3a://id:key@bucket/x")))
                .isEqualTo(Map.of(
                        "spark.sql.x.credential", REDACTED,
                        "fs.azure.account.key.a", REDACTED,
                        "place", "s3a://" + REDACTED + "@bucket/x"));
        assertThat(Secrets.withoutPasswords("abfss://container@account/a:b@c and hdfs://h:8020/x@y"))
                .isEqualTo("abfss://container@account/a:b@c and hdfs://h:8020/x@y");
    }

    @Test
    void addressesOfDataSourcesAreSecret() {
        assertThat(secrets.redactOptions(Map.of("url", "jdbc:x", "dbtable", "t")))
                .isEqualTo(Map.of("url", REDACTED, "dbtable", "t"));
    }
}
