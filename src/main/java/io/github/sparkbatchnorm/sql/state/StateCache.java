package io.github.sparkbatchnorm.sql.state;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;

/**
 * The states that were read last: Spark asks for a function several times in one query. A changed file is read anew.
 */
final class StateCache {
    private static final int MAX_CHANNELS = 1_000_000;

    /** The least recently used one first. */
    private static final Map<Version, BatchNormState> STATES = new LinkedHashMap<>(16, 0.75f, true);

    private static long channels;

    private StateCache() {}

    private record Version(String path, long length, long modified) {}

    /** The state in a file, which was found just now. */
    static BatchNormState read(FileStatus file, Configuration configuration) throws IOException {
        String path = file.getPath().toString();
        Version version = new Version(path, file.getLen(), file.getModificationTime());
        synchronized (STATES) {
            BatchNormState known = STATES.get(version);
            if (known != null) {
                return known;
            }
        }
        BatchNormState state = StateFiles.read(path, configuration);
        synchronized (STATES) {
            if (channels + state.numFeatures() > MAX_CHANNELS) {
                STATES.clear();
                channels = 0;
            }
            if (STATES.put(version, state) == null) {
                channels += state.numFeatures();
            }
        }
        return state;
    }
}
