package io.github.sparkbatchnorm.jobs.result;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The target of a command's JSON: a file that is published with the other outputs, or standard output, which then holds
 * nothing else and is written only if the command succeeds.
 */
public final class JsonTarget {
    private static final String STANDARD_OUTPUT = "-";

    private final String option;
    private final @Nullable String path;
    private final Console console;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private @Nullable PublishTarget file;

    /**
     * Creates a target.
     *
     * @param option the option that names the path, such as {@code --json}
     * @param path a file, {@code -} for standard output, or null for no JSON
     * @param console the console of the command
     */
    public JsonTarget(String option, @Nullable String path, Console console) {
        this.option = option;
        this.path = path;
        this.console = console;
    }

    /** Adds the file, if the target is one, to the paths to check. */
    public void addTo(TargetPaths paths) {
        if (path != null && !isStandardOutput()) {
            paths.file(option, path);
        }
    }

    /** Adds the file, if the target is one, to the outputs to publish. */
    public void addTo(Publisher publisher) {
        if (path != null && !isStandardOutput()) {
            file = publisher.addFile(option, path, false);
        }
    }

    /** Writes the JSON, if there is a target, to the staged file or to memory. */
    public void write(Publisher publisher, PublishTarget.Content json) {
        if (file != null) {
            publisher.write(file, json);
        } else if (isStandardOutput()) {
            try {
                json.writeTo(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e); // memory takes everything
            }
        }
    }

    /** The console for everything else that the command prints. */
    public Console report() {
        return isStandardOutput() ? console.withoutOut() : console;
    }

    /**
     * Prints the JSON, or the path of its file as a line {@code json: FILE}, after everything is published.
     *
     * @throws BatchNormException if standard output takes no more
     */
    public void print() {
        if (isStandardOutput()) {
            console.out().writeBytes(text.toByteArray());
            if (console.out().checkError()) {
                throw new BatchNormException(option + " " + STANDARD_OUTPUT + " cannot be written: standard output is"
                        + " closed or full; " + console.end().changes());
            }
        } else if (path != null) {
            console.result(option.replaceFirst("^--", ""), path);
        }
    }

    /** Whether the target is standard output. */
    public boolean isStandardOutput() {
        return STANDARD_OUTPUT.equals(path);
    }

    /** The option and its path, as the user gave them. */
    @Override
    public String toString() {
        return option + " " + path;
    }
}
