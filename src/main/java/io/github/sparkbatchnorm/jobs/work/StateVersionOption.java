package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says in which version a state file is written. */
public final class StateVersionOption {
    /** The versions, as the user names them. */
    public enum Version {
        V1,
        V2;

        @Override
        public String toString() {
            return name().substring(1);
        }
    }

    @Option(
            order = 60,
            names = "--state-version",
            paramLabel = "1|2",
            description =
                    "Version of the state file. Default: 2; version 1 is for spark-batchnorm 0.1, and has neither the"
                            + " low parts of the running means nor where they come from.")
    @Nullable
    public Version version;

    boolean isGiven() {
        return version != null;
    }

    private boolean isFirst() {
        return version == Version.V1;
    }

    /** Writes a state; the stream stays open. */
    void write(BatchNormState state, OutputStream out) throws IOException {
        if (isFirst()) {
            out.write(StateJson.writeVersion1(state).getBytes(StandardCharsets.UTF_8));
        } else {
            StateFiles.write(state, out);
        }
    }

    /** Says that the version cannot hold all of a state, where it cannot. */
    void warnOfLoss(BatchNormState state, Console console) {
        if (isFirst() && state.hasRunningMeanLow()) {
            console.warning("--state-version 1 rounds the running means to one double each");
        }
    }
}
