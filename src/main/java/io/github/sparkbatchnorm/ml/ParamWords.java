package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rewords the messages of options: they name those of the command line where the caller sets params. */
final class ParamWords {
    /** Options whose params have other names. */
    private static final Map<String, String> PARAMS = Map.of(
            "column", "inputCol",
            "columns", "inputCols",
            "batch-column", "batchCol",
            "state-in", "initialState",
            "no-affine", "affine = false");

    private static final Pattern OPTION = Pattern.compile("--([a-z]+(?:-[a-z]+)*)");

    private ParamWords() {}

    /**
     * What params make.
     *
     * @throws IllegalArgumentException with one line that speaks of params, if they are wrong or do not fit the columns
     * @throws BatchNormException with such a line, if a column cannot be a tensor, or has another number of channels
     */
    static <T> T checked(Supplier<T> made) {
        try {
            return made.get();
        } catch (UsageException | IllegalArgumentException e) {
            throw new IllegalArgumentException(reword(String.valueOf(e.getMessage())), e);
        } catch (BatchNormException e) {
            throw new BatchNormException(reword(String.valueOf(e.getMessage())), e);
        }
    }

    private static String reword(String message) {
        String line = message.replace("whose file has its own; edit the file to change it", "which has its own")
                .replace("outputColumn", "outputCol")
                .replace("set channelColumns for", "set inputCols for");
        return OPTION.matcher(line).replaceAll(option -> Matcher.quoteReplacement(param(option.group(1))));
    }

    private static String param(String option) {
        String known = PARAMS.get(option);
        if (known != null) {
            return known;
        }
        StringBuilder camel = new StringBuilder();
        for (int i = 0; i < option.length(); i++) {
            boolean hump = i > 0 && option.charAt(i - 1) == '-';
            if (option.charAt(i) != '-') {
                camel.append(hump ? Character.toUpperCase(option.charAt(i)) : option.charAt(i));
            }
        }
        return camel.toString();
    }
}
