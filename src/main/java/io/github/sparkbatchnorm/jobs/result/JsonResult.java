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
 * A command's JSON: in a file that is published with the other outputs, or on standard output, alone there and only
 * when all went well.
 */
public final class JsonResult {
    private static final String STANDARD_OUTPUT = "-";

    private final String option;
    private final @Nullable String place;
    private final Console console;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private @Nullable PublishTarget file;

    /**
     * @param option the option that names the place
     * @param place a file; {@code -} for standard output; null for no JSON
     */
    public JsonResult(String option, @Nullable String place, Console console) {
        this.option = option;
        this.place = place;
        this.console = console;
    }

    /** Adds the file, if it is one, to the places to check. */
    public void addTo(TargetPaths paths) {
        if (place != null && !isStandardOutput()) {
            paths.file(option, place);
        }
    }

    /** Adds the file, if it is one, to what is published. */
    public void addTo(Publisher publisher) {
        if (place != null && !isStandardOutput()) {
            file = publisher.addFile(option, place, false);
        }
    }

    /** Takes the JSON, if it is asked for, before everything is published. */
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

    /** Where everything else that the command prints belongs. */
    public Console report() {
        return isStandardOutput() ? console.withoutOut() : console;
    }

    /**
     * Prints the JSON, or says where it is, after everything is published.
     *
     * @param key what the file is called among the results
     */
    public void print(String key) {
        if (isStandardOutput()) {
            console.out().writeBytes(text.toByteArray());
            if (console.out().checkError()) {
                throw new BatchNormException(option + " " + STANDARD_OUTPUT + " cannot be written: standard output is"
                        + " closed or full; " + console.end().changes());
            }
        } else if (place != null) {
            console.result(key, place);
        }
    }

    private boolean isStandardOutput() {
        return STANDARD_OUTPUT.equals(place);
    }
}
