package io.github.sparkbatchnorm.spark.state;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** State files on any of Hadoop's file systems. */
public final class StateFiles {
    private StateFiles() {}

    /**
     * Reads a state.
     *
     * @param place a path or address of Hadoop's; a relative path is below the working directory
     * @param configuration the settings of Hadoop's file systems
     * @return the state
     * @throws FileNotFoundException if the place does not exist or is no file
     * @throws IOException if the file cannot be read
     * @throws BatchNormException if the file holds no valid state
     */
    public static BatchNormState read(String place, Configuration configuration) throws IOException {
        return StateJson.read(HadoopFiles.read(new Path(place), configuration), place);
    }

    /**
     * Writes a state.
     *
     * @param state to write
     * @param out stays open
     * @throws IOException if the stream cannot be written
     */
    public static void write(BatchNormState state, OutputStream out) throws IOException {
        out.write(StateJson.write(state).getBytes(StandardCharsets.UTF_8));
    }
}
