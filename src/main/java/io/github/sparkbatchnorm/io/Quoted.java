package io.github.sparkbatchnorm.io;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Collection;
import java.util.stream.Collectors;

/** Text of a file within a message of one line. */
final class Quoted {
    private static final int LENGTH = 80;
    private static final int NAMES = 20;

    private Quoted() {}

    /** In quotes, with escapes for what is no printable character, and not too long. */
    static String text(String text) {
        boolean whole = text.length() <= LENGTH;
        char[] escaped = JsonStringEncoder.getInstance().quoteAsString(whole ? text : text.substring(0, LENGTH));
        return "\"" + String.valueOf(escaped) + (whole ? "\"" : "...\"");
    }

    /** The first of them, and how many more there are. */
    static String names(Collection<String> names) {
        String first = names.stream().limit(NAMES).map(Quoted::text).collect(Collectors.joining(", "));
        return names.size() <= NAMES ? first : first + " and " + (names.size() - NAMES) + " more";
    }
}
