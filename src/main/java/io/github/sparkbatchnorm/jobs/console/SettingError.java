package io.github.sparkbatchnorm.jobs.console;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import org.apache.spark.SparkConf;
import scala.Tuple2;

/** Finds the setting of Spark that a failure is about. Spark's messages name the key, or only the value. */
final class SettingError {
    private SettingError() {}

    /** The setting and what is wrong with it; empty if the failure is about no setting. */
    static Optional<String> of(Throwable failure, SparkConf conf) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            Throwable cause = t;
            String message = t.getMessage() == null ? "" : t.getMessage();
            Optional<Tuple2<String, String>> setting = Arrays.stream(conf.getAll())
                    .filter(s -> isAbout(cause, message, s._1(), s._2()))
                    .max(Comparator.comparingInt(s -> s._1().length())); // not spark.a of spark.a.b
            if (setting.isPresent()) {
                return setting.map(s -> s._1() + "=" + s._2() + ": " + ErrorLine.reason(cause));
            }
        }
        return Optional.empty();
    }

    private static boolean isAbout(Throwable t, String message, String key, String value) {
        if (t instanceof ClassNotFoundException) {
            return Arrays.asList(value.split("\\s*,\\s*")).contains(message);
        }
        if (t instanceof NumberFormatException) {
            return message.contains(key) || message.endsWith("\"" + value + "\"");
        }
        return t instanceof IllegalArgumentException && message.contains(key);
    }
}
