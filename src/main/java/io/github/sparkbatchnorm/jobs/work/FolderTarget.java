package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import java.util.List;
import java.util.Objects;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** A folder of files. The publisher moves it to its place together with the other outputs. */
final class FolderTarget implements RowTarget {
    private final String path;
    private final OutputWriter writer;
    private @Nullable PublishTarget folder;

    FolderTarget(String path, OutputWriter writer) {
        this.path = path;
        this.writer = writer;
    }

    @Override
    public boolean keepsText() {
        return writer.isCsv();
    }

    @Override
    public void open(Publisher publisher, boolean guarded) {
        folder = publisher.addFolder("--output", path);
    }

    /** The paths are checked where the input is opened. */
    @Override
    public void check(TensorInput data) {}

    @Override
    public void write(Dataset<Row> rows, List<String> normalized, TensorInput data) {
        writer(data).write(rows, normalized, staged());
    }

    @Override
    public long writeAndCount(Dataset<Row> rows, List<String> normalized, TensorInput data) {
        return writer(data).writeAndCount(rows, normalized, staged());
    }

    private OutputWriter writer(TensorInput data) {
        return writer.partitionedBy(data.partitionColumns());
    }

    private Path staged() {
        return Objects.requireNonNull(folder).staged();
    }

    @Override
    public void publish(Publisher publisher) {
        publisher.publish();
    }

    /** The publisher discards the folder. */
    @Override
    public void close() {}

    @Override
    public String toString() {
        return path + " (" + writer.format() + ")";
    }
}
