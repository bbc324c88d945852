package io.github.sparkbatchnorm.jobs.publish;

import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;

/** The commands that a message gives for what a run left, as a user can paste them. */
final class RecoverCommands {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private RecoverCommands() {}

    static String finish(Path path) {
        return command(path, Recovery.Way.FINISH);
    }

    static String restore(Path path) {
        return command(path, Recovery.Way.RESTORE);
    }

    /** Both commands, with what each gives. */
    static String both(Path path) {
        return finish(path) + " puts all new outputs in place, " + restore(path) + " puts all old ones back";
    }

    private static String command(Path path, Recovery.Way way) {
        String word = path.toString();
        String quoted = PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
        return "jobs/batchnorm recover " + quoted + " " + way.option();
    }
}
