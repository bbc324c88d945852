package io.github.sparkbatchnorm.regression.suite;

import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads words such as {@code ill-conditioned} as constants such as {@code ILL_CONDITIONED}. */
final class HyphenatedWords extends DeserializationProblemHandler {
    @Override
    public Object handleWeirdStringValue(DeserializationContext context, Class<?> type, String found, String failure)
            throws IOException {
        if (!type.isEnum()) {
            return NOT_HANDLED;
        }
        List<String> words = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            String word = GeneratorOptions.word((Enum<?>) constant);
            if (word.equals(found)) {
                return constant;
            }
            words.add(word);
        }
        throw InvalidFormatException.from(
                context.getParser(), "'" + found + "'; expected one of " + String.join(", ", words), found, type);
    }
}
