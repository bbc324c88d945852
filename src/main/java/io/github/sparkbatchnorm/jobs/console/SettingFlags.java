package io.github.sparkbatchnorm.jobs.console;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewords the library's messages for the command line: the library names settings, as in "set handleInvalid to skip",
 * where the user gives options, as in "give --handle-invalid skip".
 */
final class SettingFlags {
    private static final Map<String, String> FLAGS = Map.of(
            "channelColumns", "--columns",
            "dtype", "--dtype",
            "handleInvalid", "--handle-invalid",
            "module", "--module",
            "nonFinite", "--non-finite",
            "outputColumn", "--output-column",
            "shape", "--shape",
            "spark.driver.memory", "--driver-memory",
            "spark.executor.memory", "--executor-memory");

    /** What the library asks a user to do, and with which setting. */
    static final Pattern REQUEST =
            Pattern.compile("\\b(or set|set|unset|check) ([a-z]+(?:[A-Z]\\w*|(?:\\.\\w+)+)?)( to\\b)?");

    private SettingFlags() {}

    /** Whether there is an option for a setting. */
    static boolean has(String setting) {
        return FLAGS.containsKey(setting);
    }

    /** A message with options in place of the settings that it asks the user to set, to unset or to check. */
    static String reword(String message) {
        return REQUEST.matcher(message).replaceAll(request -> {
            String flag = FLAGS.get(request.group(2));
            return Matcher.quoteReplacement(flag == null ? request.group() : order(request.group(1), flag));
        });
    }

    private static String order(String verb, String flag) {
        return switch (verb) {
            case "set" -> "give " + flag;
            case "or set" -> "or " + flag;
            case "unset" -> "leave " + flag + " away";
            default -> verb + " " + flag;
        };
    }
}
