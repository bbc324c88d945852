package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A command that reads state files, and publishes one file at most. */
abstract class StateFileCommand extends SparkCommand {
    /** The settings of file systems without those of a Spark: paths are local. */
    final Configuration hadoop = new Configuration();

    StateFileCommand(Console console) {
        super(console);
    }

    /**
     * Reads a state.
     *
     * @throws UsageException if the text is no path
     * @throws BatchNormException if the file cannot be read
     */
    final BatchNormState read(String file) {
        checkPath("FILE", file);
        return reading(file, () -> StateFiles.read(file, hadoop));
    }

    /** @throws UsageException if the text is no path */
    static void checkPath(String option, String path) {
        new TargetPaths().input(option, path);
    }

    /** What reads a file. */
    @FunctionalInterface
    interface Source<T> {
        T read() throws IOException;
    }

    /**
     * Reads from a file.
     *
     * @param file names it in messages, together with its option if it has one
     * @throws BatchNormException if it cannot be read
     */
    static <T> T reading(String file, Source<T> source) {
        try {
            return source.read();
        } catch (FileNotFoundException e) {
            throw new BatchNormException(file + " does not exist or is no file; check the path", e);
        } catch (IOException e) {
            throw new BatchNormException(file + " cannot be read: " + ErrorLine.reason(e), e);
        }
    }

    /**
     * Publishes a file, or prints it if its path is {@code -}.
     *
     * @param option the option that names the path
     * @param read the paths that are read and not to be replaced, with the words that name them
     */
    final void publish(
            String option, String path, boolean overwrite, Map<String, String> read, PublishTarget.Content content) {
        new TargetPaths().file(option, path);
        read.forEach((name, other) -> checkOther(option, path, name, other));
        JsonTarget target = new JsonTarget(option, path, console);
        try (Publisher publisher = new Publisher(hadoop, overwrite, console)) {
            target.addTo(publisher);
            publisher.prepare();
            target.write(publisher, content);
            publisher.publish();
        }
        target.print();
    }

    private void checkOther(String option, String path, String name, String other) {
        try {
            Path target = HadoopFiles.identity(new Path(path), hadoop);
            if (target.equals(HadoopFiles.identity(new Path(other), hadoop))) {
                throw new UsageException(option + " " + path + " is " + name + "; give another file");
            }
        } catch (IOException e) {
            throw new BatchNormException(option + " " + path + " cannot be used: " + ErrorLine.reason(e), e);
        }
    }

    /** The names of a state's channels: those of their columns, or else their numbers. */
    static IntFunction<String> channelNames(BatchNormState state) {
        List<String> columns = state.provenance().map(from -> from.columns()).orElse(null);
        return columns == null ? Integer::toString : columns::get;
    }
}
