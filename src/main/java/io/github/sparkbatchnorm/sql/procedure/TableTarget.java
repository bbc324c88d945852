package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.work.RowTarget;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.shims.ReadTables;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.CreateTableWriter;
import org.apache.spark.sql.DataFrameWriterV2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Observation;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;

/**
 * A table of any catalog. A catalog that can replaces the table at once; in others the rows go to a new table beside
 * it, and then the names change. Where rows are guarded, a table that exists stays until they were compared: a catalog
 * that replaces at once then copies them from the table beside. One that is new is dropped where they differ.
 */
final class TableTarget implements RowTarget {
    private final SparkSession session;
    private final String name;
    private final boolean overwrite;
    private final @Nullable String format;
    private final TablePlace place;
    private boolean exists;
    private boolean guarded;
    /** A table that was made and is dropped unless the rows are published. */
    private @Nullable TablePlace unpublished;

    /**
     * Creates a target.
     *
     * @param overwrite whether an existing table is replaced
     * @param format a data source of Spark; null for the catalog's
     * @throws UsageException if the name is none of a table
     */
    TableTarget(SparkSession session, String name, boolean overwrite, @Nullable String format) {
        this.session = session;
        this.name = name;
        this.overwrite = overwrite;
        this.format = format;
        this.place = TablePlace.of(session, name);
    }

    @Override
    public boolean keepsText() {
        return false;
    }

    @Override
    public void open(Publisher publisher, boolean isGuarded) {
        guarded = isGuarded;
        if (place.isView(name)) {
            throw new BatchNormException(this + " is a view, which is not replaced; give the name of a table");
        }
        exists = place.exists();
        if (exists && !overwrite) {
            throw taken();
        }
    }

    private BatchNormException taken() {
        return new BatchNormException(this
                + (overwrite
                        ? " appeared meanwhile; call again to replace it"
                        : " exists; give another name, or overwrite => true to replace it"));
    }

    @Override
    public void check(TensorInput data) {
        if (exists && isRead(data.tensor().data())) {
            throw new UsageException(this + " is read; give another table");
        }
    }

    /** Whether rows come from the table, by its name or by the path of its files. */
    private boolean isRead(Dataset<Row> data) {
        Dataset<Row> table = session.read().table(place.sql());
        if (ReadTables.contain(data, table)) {
            return true;
        }
        Set<Path> own = followed(ReadTables.places(table));
        for (Path read : followed(ReadTables.places(data))) {
            if (own.stream()
                    .anyMatch(folder -> folder.equals(read)
                            || HadoopFiles.contains(folder, read)
                            || HadoopFiles.contains(read, folder))) {
                return true;
            }
        }
        return false;
    }

    private Set<Path> followed(Set<Path> places) {
        Configuration hadoop = session.sparkContext().hadoopConfiguration();
        Set<Path> followed = new LinkedHashSet<>();
        for (Path path : places) {
            try {
                followed.add(HadoopFiles.identity(path, hadoop));
            } catch (IOException e) {
                throw new BatchNormException(
                        this + " is not replaced: whether " + path + ", which is read, is its folder cannot be told: "
                                + ErrorLine.reason(e),
                        e);
            }
        }
        return followed;
    }

    @Override
    public void write(Dataset<Row> rows, List<String> normalized, TensorInput data) {
        if (place.replacesAtOnce() && overwrite && !guarded) {
            attempt(() -> writer(rows, place).createOrReplace());
        } else if (exists || (place.isInSessionCatalog() && !place.replacesAtOnce())) {
            TablePlace beside = place.beside();
            unpublished = beside;
            attempt(() -> writer(rows, beside).create());
        } else {
            attempt(() -> writer(rows, place).create());
            unpublished = guarded ? place : null;
        }
    }

    /** An action of a catalog. */
    private interface Action {
        void run() throws TableAlreadyExistsException;
    }

    private void attempt(Action action) {
        try {
            action.run();
        } catch (TableAlreadyExistsException e) {
            throw taken();
        } catch (Exception e) {
            // Scala throws checked exceptions without declaring them.
            if (ErrorLine.isUnderstood(e) || JobProcedure.isCancelled(e)) {
                throw e;
            }
            throw new BatchNormException(this + " cannot be written: " + ErrorLine.reason(e), e);
        }
    }

    private CreateTableWriter<Row> writer(Dataset<Row> rows, TablePlace to) {
        DataFrameWriterV2<Row> writer = rows.writeTo(to.sql());
        return format == null ? writer : writer.using(format);
    }

    @Override
    public long writeAndCount(Dataset<Row> rows, List<String> normalized, TensorInput data) {
        Observation counted = new Observation();
        write(rows.observe(counted, functions.count(functions.lit(1)).as("rows")), normalized, data);
        return OutputWriter.rows(counted, rows);
    }

    @Override
    public void publish(Publisher publisher) {
        TablePlace from = unpublished;
        if (from != null && !from.equals(place)) {
            moveIn(from);
        }
        unpublished = null;
        try {
            publisher.publish();
        } catch (BatchNormException e) {
            throw new BatchNormException(this + " is written, and the state is not: " + e.getMessage(), e);
        }
    }

    /** Puts the table that has the rows in its place. */
    private void moveIn(TablePlace from) {
        if (place.replacesAtOnce()) {
            attempt(() -> writer(session.read().table(from.sql()), place).createOrReplace());
            from.drop();
        } else if (exists || (overwrite && place.exists())) { // it may have appeared meanwhile
            from.replace(place, this.toString());
        } else {
            from.renameTo(place, this.toString());
        }
    }

    @Override
    public void close() {
        TablePlace made = unpublished;
        if (made != null) {
            unpublished = null;
            made.drop();
        }
    }

    @Override
    public String toString() {
        return Argument.OUTPUT_TABLE.word() + " " + name;
    }
}
