package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** State files on any of Hadoop's file systems. */
final class StateFile {
    private StateFile() {}

    static BatchNormState read(String place, Configuration configuration) {
        try {
            return StateJson.read(HadoopFiles.read(new Path(place), configuration), place);
        } catch (FileNotFoundException e) {
            throw new BatchNormException("--state-in " + place + " does not exist or is no file; check the path", e);
        } catch (IOException e) {
            throw new BatchNormException("--state-in " + place + " cannot be read: " + ErrorLine.reason(e), e);
        }
    }

    static void write(BatchNormState state, OutputStream out) throws IOException {
        out.write(StateJson.write(state).getBytes(StandardCharsets.UTF_8));
    }

    /** Whether two places are the same file: a state may replace the one that it goes on from. */
    static boolean isSame(@Nullable String one, String other, Configuration configuration) {
        if (one == null) {
            return false;
        }
        try {
            return HadoopFiles.identity(new Path(one), configuration)
                    .equals(HadoopFiles.identity(new Path(other), configuration));
        } catch (IOException e) {
            throw new BatchNormException(
                    "--state-in " + one + " or --state-out " + other + " cannot be used: " + ErrorLine.reason(e), e);
        }
    }
}
