package io.github.sparkbatchnorm.spark.shims;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.util.Utils;
import scala.Option;
import scala.Tuple2;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Redacts what must not be shown, as Spark does in its logs and UI: by the patterns of {@code spark.redaction.regex}
 * and {@code spark.sql.redaction.options.regex}, and the password in an address.
 */
public final class Secrets {
    private static final Pattern PASSWORD_IN_ADDRESS = Pattern.compile("//[^/@\\s:]*:[^/@\\s]*@");

    /** What Spark writes instead. */
    private static final String REDACTED = "*********(redacted)";

    /** Keys of credentials that Spark's pattern does not know. */
    private static final Pattern CREDENTIAL = Pattern.compile("(?i)credential|account\\.key");

    private final SparkConf conf;

    /** @param conf whose patterns are used */
    public Secrets(SparkConf conf) {
        this.conf = conf;
    }

    /**
     * {@return settings with a replacement for each value that is secret by its key or by itself, in their order}
     *
     * @param settings by key
     */
    public Map<String, String> redact(Map<String, String> settings) {
        return redacted(Utils.redact(conf, pairs(settings)));
    }

    /**
     * {@return options for a data source, likewise; addresses are secret, too}
     *
     * @param options by key
     */
    public Map<String, String> redactOptions(Map<String, String> options) {
        Seq<Tuple2<String, String>> pairs = pairs(redact(options));
        return redacted(Utils.redact(Option.apply(conf.get(SQLConf.SQL_OPTIONS_REDACTION_PATTERN())), pairs));
    }

    /**
     * {@return a text without passwords in addresses}
     *
     * @param text any
     */
    public static String withoutPasswords(String text) {
        return PASSWORD_IN_ADDRESS.matcher(text).replaceAll("//" + REDACTED + "@");
    }

    private static Seq<Tuple2<String, String>> pairs(Map<String, String> settings) {
        List<Tuple2<String, String>> pairs = new ArrayList<>();
        settings.forEach((key, value) -> pairs.add(new Tuple2<>(key, value)));
        return CollectionConverters.asScala(pairs);
    }

    private static Map<String, String> redacted(Seq<Tuple2<String, String>> pairs) {
        Map<String, String> redacted = new LinkedHashMap<>();
        CollectionConverters.asJava(pairs)
                .forEach(pair -> redacted.put(
                        pair._1, CREDENTIAL.matcher(pair._1).find() ? REDACTED : withoutPasswords(pair._2)));
        return redacted;
    }
}
