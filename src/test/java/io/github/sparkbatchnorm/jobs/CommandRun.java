package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One run of the command line in this JVM.
 *
 * @param exit the exit code
 * @param out standard output
 * @param err standard error, without Spark's log
 */
public record CommandRun(String command, int exit, String out, String err) {

    public static CommandRun of(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = Main.run(
                arguments,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new CommandRun(
                String.join(" ", arguments),
                exit,
                out.toString(StandardCharsets.UTF_8),
                err.toString(StandardCharsets.UTF_8));
    }

    /** A run of words with blanks between them. */
    public static CommandRun ofWords(String words) {
        return of(words.strip().split("\\s+"));
    }

    public CommandRun succeeds() {
        assertThat(exit).describedAs("%s%n%s%s", command, out, err).isZero();
        assertThat(err).describedAs(command).isEmpty();
        return this;
    }

    /** Fails as every failure does: one line with these parts in order, no stack trace, nothing on standard output. */
    public CommandRun fails(int expectedExit, String... parts) {
        assertThat(exit).describedAs("%s%n%s%s", command, out, err).isEqualTo(expectedExit);
        List<String> lines = err.lines().toList();
        assertThat(lines).describedAs(command).hasSize(1);
        assertThat(lines.get(0)).describedAs(command).startsWith("error: ").containsSubsequence(parts);
        assertThat(out).describedAs(command).isEmpty();
        return this;
    }

    /** The value of a result line {@code key: value}. */
    public String result(String key) {
        List<String> values = out.lines()
                .filter(line -> line.startsWith(key + ": "))
                .map(line -> line.substring(key.length() + 2))
                .toList();
        assertThat(values).describedAs("%s: in%n%s", key, out).hasSize(1);
        return values.get(0);
    }
}
