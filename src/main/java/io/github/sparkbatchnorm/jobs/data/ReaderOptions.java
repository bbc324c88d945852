package io.github.sparkbatchnorm.jobs.data;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Options for a reader of Spark as the user gave them, whatever their case. */
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
