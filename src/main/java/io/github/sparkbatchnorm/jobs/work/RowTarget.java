package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Where the rows of one run go. They appear there when they are published, all at once, or not at all. */
public interface RowTarget extends AutoCloseable {
    /** Whether columns that only pass through are written as text. */
    boolean keepsText();

    /**
     * Prepares the target before the data is read.
     *
     * @param publisher of the other outputs of the run
     * @param guarded whether the rows that are written can turn out to be wrong, so that what is there is kept until
     *     they are published
     * @throws BatchNormException if something is there that is not replaced
     */
    void open(Publisher publisher, boolean guarded);

    /**
     * Checks that the rows do not go where they come from.
     *
     * @param data as it is read
     */
    void check(TensorInput data);

    /**
     * Writes all rows; they do not appear yet, unless that is the only way for them to appear at once.
     *
     * @param rows to write
     * @param normalized the names of the columns that hold normalized values
     * @param data that the rows come from
     */
    void write(Dataset<Row> rows, List<String> normalized, TensorInput data);

    /**
     * Writes all rows as {@link #write} does, and counts them.
     *
     * @return the number of rows
     */
    long writeAndCount(Dataset<Row> rows, List<String> normalized, TensorInput data);

    /**
     * Publishes the rows, and then the other outputs of the run.
     *
     * @param publisher of the other outputs
     * @throws BatchNormException if that fails; the message says what has changed
     */
    void publish(Publisher publisher);

    /** Discards what was not published. */
    @Override
    void close();
}
