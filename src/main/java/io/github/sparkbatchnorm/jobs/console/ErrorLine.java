package io.github.sparkbatchnorm.jobs.console;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.SparkThrowable;
import org.jspecify.annotations.Nullable;

/** Turns an exception into the one line that a user reads. */
public final class ErrorLine {
    /** Where messages of others are cut: one of Spark can hold a whole query plan. */
    private static final int MAX_FOREIGN_LENGTH = 400;

    private static final Pattern CONDITION = Pattern.compile("^\\[[A-Z0-9_.]+] ");
    private static final Pattern SQL_STATE = Pattern.compile("\\s*SQLSTATE: [0-9A-Z]{5}\\s*$");
    private static final Pattern DATA_SOURCE = Pattern.compile("data source: ([^\\s.]+)");
    /** A {@link BatchNormException} in the text of an executor whose exception could not be sent. */
    private static final Pattern LIBRARY_MESSAGE =
            Pattern.compile(Pattern.quote(BatchNormException.class.getName()) + ": ([^\\r\\n]+)");

    /**
     * Signs that an executor ran out of memory: the error as text, Spark's exit code for it, or a task that the dying
     * executor refused.
     */
    private static final Pattern EXECUTOR_MEMORY = Pattern.compile(
            "java\\.lang\\.OutOfMemoryError|exit(ed with)?( exit)? (code|status):? ?52\\b"
                    + "|Executor\\$TaskRunner\\S* rejected from \\S+\\[Shutting down",
            Pattern.CASE_INSENSITIVE);

    private ErrorLine() {}

    /** The message for a failure in one line: what was found, what was expected, what to do. */
    public static String of(Throwable failure) {
        StringBuilder line = new StringBuilder(main(failure));
        for (Throwable also : suppressedByUs(failure)) {
            line.append("; ").append(also.getMessage());
        }
        return SettingFlags.reword(oneLine(line.toString()));
    }

    /** The message for wrong options in one line. */
    public static String usage(Exception e) {
        return SettingFlags.reword(oneLine(message(e)));
    }

    /** Whether the message for a failure needs no words about where it happened. */
    public static boolean isUnderstood(Throwable failure) {
        return understood(failure) != null;
    }

    private static String main(Throwable failure) {
        String understood = understood(failure);
        return understood == null ? reason(failure) : understood;
    }

    private static @Nullable String understood(Throwable failure) {
        List<Throwable> chain = chain(failure);
        for (Throwable t : chain) {
            if (t instanceof BatchNormException || t instanceof UsageException) {
                return message(t);
            }
        }
        for (Throwable t : chain) {
            Matcher library = LIBRARY_MESSAGE.matcher(message(t));
            if (library.find()) {
                return library.group(1);
            }
        }
        if (chain.stream().anyMatch(ErrorLine::isOutOfMemory)) {
            return "out of memory; give more with --driver-memory or --executor-memory before the command";
        }
        for (Throwable t : chain) {
            String known = t instanceof SparkThrowable spark ? known(spark, t, chain) : null;
            if (known != null) {
                return known;
            }
        }
        return unwritten(chain);
    }

    /** The message for an output that a task could not write, which the system's own reason does not name. */
    private static @Nullable String unwritten(List<Throwable> chain) {
        Throwable root = chain.get(chain.size() - 1);
        for (Throwable t : chain) {
            if (t instanceof SparkThrowable spark
                    && "TASK_WRITE_FAILED".equals(spark.getCondition())
                    && root instanceof IOException) {
                return withoutPeriod(firstLine(clean(message(t)))) + ": " + reason(root);
            }
        }
        return null;
    }

    private static boolean isOutOfMemory(Throwable t) {
        return t instanceof OutOfMemoryError
                || EXECUTOR_MEMORY.matcher(message(t)).find();
    }

    /** The message for an error condition of Spark that is known here; null for other conditions. */
    private static @Nullable String known(SparkThrowable spark, Throwable failure, List<Throwable> chain) {
        String condition = spark.getCondition() == null ? "" : spark.getCondition();
        String message = clean(message(failure));
        if (condition.equals("PATH_NOT_FOUND")) {
            return withoutPeriod(message) + "; check --input";
        }
        if (condition.equals("TABLE_OR_VIEW_NOT_FOUND")) {
            return firstSentence(message) + "; check --input, or the catalog that Spark is given";
        }
        if (condition.equals("DATA_SOURCE_NOT_FOUND") || message.contains("Failed to find data source")) {
            return dataSource(message);
        }
        if (condition.startsWith("UNABLE_TO_INFER_SCHEMA")) {
            return message.replaceFirst("\\. .*", "") + ": --input has no such file; check --input and --format";
        }
        if (condition.startsWith("FAILED_READ_FILE")) {
            Throwable root = chain.get(chain.size() - 1);
            String detail = root == failure ? "" : ": " + (isHeader(root) ? header(root) : reason(root));
            return withoutPeriod(firstLine(message)) + detail + "; check the file and --format";
        }
        return null;
    }

    private static boolean isHeader(Throwable root) {
        return message(root).contains("CSV header");
    }

    /** Spark's message about a csv header in one line: the names found and expected, without the file. */
    private static String header(Throwable root) {
        return oneLine(message(root).replaceFirst("\\.?\\R", ":").replaceFirst("\\s*CSV file:.*", ""))
                .replaceAll(" (Schema|Expected): ", "; $1: ");
    }

    private static String dataSource(String message) {
        Matcher name = DATA_SOURCE.matcher(message);
        String format = name.find() ? name.group(1) : "";
        String module = format.equals("avro")
                ? "org.apache.spark:spark-avro_2.13:" + org.apache.spark.package$.MODULE$.SPARK_VERSION()
                : "GROUP:ARTIFACT:VERSION of its connector";
        return "Spark has no format '" + format + "'; check its name, or give --packages " + module
                + " before the command";
    }

    private static String firstSentence(String message) {
        return withoutPeriod(firstLine(message).replaceFirst("\\. .*", ""));
    }

    /** The innermost message of a failure that is not empty, in one line without a period at its end. */
    public static String reason(Throwable failure) {
        List<Throwable> chain = chain(failure);
        for (int i = chain.size() - 1; i >= 0; i--) {
            Throwable t = chain.get(i);
            String message = withoutPeriod(head(clean(message(t))));
            if (!message.isEmpty()) {
                return cut(kind(t) + message);
            }
        }
        return chain.get(chain.size() - 1).getClass().getSimpleName();
    }

    /** The words that turn a message into a sentence; empty if it is one. */
    private static String kind(Throwable t) {
        String message = message(t).toLowerCase(Locale.ROOT);
        if (t instanceof AccessDeniedException || t instanceof AccessControlException) {
            return message.contains("denied") ? "" : "permission denied: ";
        }
        if (t instanceof NoSuchFileException || t instanceof FileNotFoundException) {
            return message.contains(" ") ? "" : "no such file: ";
        }
        boolean bare = t instanceof ClassNotFoundException
                || t instanceof ArrayIndexOutOfBoundsException
                || t instanceof NumberFormatException
                || t instanceof Error
                || !message.contains(" ");
        return bare ? t.getClass().getSimpleName() + ": " : "";
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable t = failure; t != null && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }

    private static List<Throwable> suppressedByUs(Throwable failure) {
        List<Throwable> found = new ArrayList<>();
        for (Throwable t : failure.getSuppressed()) {
            if (t instanceof BatchNormException) {
                found.add(t);
            }
        }
        return found;
    }

    private static String message(Throwable t) {
        return t.getMessage() == null ? "" : t.getMessage();
    }

    private static String clean(String message) {
        String bare = CONDITION.matcher(message.strip()).replaceFirst("");
        return SQL_STATE.matcher(bare).replaceFirst("");
    }

    private static String firstLine(String message) {
        return SQL_STATE.matcher(message.strip().lines().findFirst().orElse("")).replaceFirst("");
    }

    /** The first line; where that only announces the others, all of them above a stack trace. */
    private static String head(String message) {
        String first = firstLine(message);
        if (!first.stripTrailing().endsWith(":")) {
            return first;
        }
        List<String> above = message.strip()
                .lines()
                .takeWhile(line -> !line.stripLeading().startsWith("at ") && !line.startsWith("Caused by: "))
                .map(String::strip)
                .toList();
        return String.join(" ", above);
    }

    private static String withoutPeriod(String message) {
        return message.replaceFirst("(?<!\\.)\\.$", "");
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }

    private static String cut(String message) {
        return message.length() <= MAX_FOREIGN_LENGTH ? message : message.substring(0, MAX_FOREIGN_LENGTH) + "...";
    }
}
