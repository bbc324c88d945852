package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import io.github.sparkbatchnorm.sql.state.PathPolicy;
import java.io.FileNotFoundException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;

/** What an argument that stands for a state means: a name in the catalog, or a path where it has a slash. */
final class StateArgument {
    private final StateNames names;
    private final PathPolicy policy;

    StateArgument(StateNames names, PathPolicy policy) {
        this.names = names;
        this.policy = policy;
    }

    /**
     * The place of the state's file.
     *
     * @throws BatchNormException if it is no place that may be read or written
     */
    String place(Argument argument, String text) {
        if (text.isBlank()) {
            throw new UsageException(argument.word() + " is empty; give the name of a state, or a path");
        }
        if (text.contains("/")) {
            policy.requirePath(argument.word(), text, "the name of a state");
            return text;
        }
        policy.requireStates();
        return names.place(text);
    }

    /**
     * Reads a state. No message tells what is in a file that is no state: it may be any file that the process can read.
     *
     * @throws BatchNormException if it cannot be read
     */
    static BatchNormState read(String place, Configuration hadoop) {
        String state = Argument.STATE_IN.word() + " " + place;
        try {
            return StateFiles.read(place, hadoop);
        } catch (FileNotFoundException e) {
            throw new BatchNormException(state + " does not exist or is no file; check the name or the path");
        } catch (IOException e) {
            throw new BatchNormException(state + " cannot be read: " + ErrorLine.reason(e));
        } catch (BatchNormException e) {
            throw new BatchNormException(state + " is no valid state of spark-batchnorm; write it with fit");
        }
    }
}
