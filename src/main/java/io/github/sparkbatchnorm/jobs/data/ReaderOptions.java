package io.github.sparkbatchnorm.jobs.data;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The options that the user gave for Spark's reader. The case of their names does not matter. */
final class ReaderOptions {
    private final Map<String, String> given = new HashMap<>();

    ReaderOptions(Map<String, String> options) {
        options.forEach((key, value) -> given.put(key.toLowerCase(Locale.ROOT), value));
    }

    boolean has(String key) {
        return given.containsKey(key.toLowerCase(Locale.ROOT));
    }

    String get(String key, String ifNotGiven) {
        return given.getOrDefault(key.toLowerCase(Locale.ROOT), ifNotGiven);
    }
}
