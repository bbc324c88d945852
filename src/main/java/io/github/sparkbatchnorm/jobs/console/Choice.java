package io.github.sparkbatchnorm.jobs.console;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A fixed choice of words, each for a constant: {@code skip-batch} for {@code SKIP_BATCH}, or what the constant prints
 * where it has a text of its own. Immutable.
 *
 * @param <E> the constants
 */
public final class Choice<E extends Enum<E>> {
    private final Map<String, E> constants = new LinkedHashMap<>();

    private Choice(E[] constants) {
        for (E constant : constants) {
            this.constants.put(word(constant), constant);
        }
    }

    /**
     * {@return the choice among all constants of a type}
     *
     * @param type of the constants
     * @param <E> the constants
     */
    public static <E extends Enum<E>> Choice<E> of(Class<E> type) {
        return new Choice<>(type.getEnumConstants());
    }

    /**
     * {@return the word of a constant}
     *
     * @param constant of any type
     */
    public static String word(Enum<?> constant) {
        String printed = constant.toString();
        return printed.equals(constant.name())
                ? printed.toLowerCase(Locale.ROOT).replace('_', '-')
                : printed;
    }

    /** {@return the constant of a word; null if there is none} */
    public @Nullable E find(String word) {
        return constants.get(word);
    }

    /** {@return all words, with commas between them} */
    public String words() {
        return String.join(", ", constants.keySet());
    }
}
