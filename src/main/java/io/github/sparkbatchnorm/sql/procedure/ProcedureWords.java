package io.github.sparkbatchnorm.sql.procedure;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Rewords the messages of jobs: they name options of the command line where the caller gives arguments. */
final class ProcedureWords {
    /** Options that are no argument of the same name. */
    private static final Map<String, String> OPTIONS = Map.ofEntries(
            Map.entry("input", "table"),
            Map.entry("output", "output_path"),
            Map.entry("no-affine", "affine => false"),
            Map.entry("no-track", "track => false"),
            Map.entry("no-guard", "no_guard => true"),
            Map.entry("inverse", "inverse => true"),
            Map.entry("overwrite", "overwrite => true"));

    private static final Set<String> ARGUMENTS =
            Arrays.stream(Argument.values()).map(Argument::word).collect(Collectors.toSet());

    /** Phrases that have no meaning in a call. */
    private static final Map<String, String> PHRASES = Map.of(
            "--input, --format and --option",
                    "table, which is a name or parquet.`path`; a query goes into a temporary view",
            "--output-format and --output-option", "output_format",
            "--state-in FILE", "state_in",
            " before the command", "",
            "; edit the file to change it", "",
            "with --driver-memory or --executor-memory", "to the driver or to the executors");

    private static final Pattern OPTION = Pattern.compile(
            "--([a-z]+(?:-[a-z]+)*)(?: (train|eval|error|skip-batch|skip|keep|ignore|standard-scaler)\\b)?");

    /** What the launcher takes before a command. */
    private static final Pattern PACKAGES =
            Pattern.compile("give --packages(?= \\S+( of its connector)? before the command)");

    private ProcedureWords() {}

    /**
     * A message with arguments in place of options.
     *
     * @param state the argument that says where the state is written
     */
    static String reword(String message, Argument state) {
        String line = PACKAGES.matcher(message).replaceFirst("start Spark with the package");
        for (Map.Entry<String, String> phrase : PHRASES.entrySet()) {
            line = line.replace(phrase.getKey(), phrase.getValue());
        }
        return OPTION.matcher(line)
                .replaceAll(option -> Matcher.quoteReplacement(
                        argument(option.group(1), option.group(2), state).orElse(option.group())));
    }

    private static Optional<String> argument(String option, String value, Argument state) {
        String name =
                option.equals("state-out") ? state.word() : OPTIONS.getOrDefault(option, option.replace('-', '_'));
        if (!OPTIONS.containsKey(option) && !ARGUMENTS.contains(name)) {
            return Optional.empty();
        }
        return Optional.of(value == null ? name : name + " => '" + value + "'");
    }
}
