package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.regression.exact.ExactAccumulator;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import scala.Tuple2;

/** The exact moments of each group, in one distributed pass. */
final class ExactGroups {
    /** The only group of data without a group column. */
    static final String WHOLE = "";

    private static final String NO_GROUP = "\0null";

    private ExactGroups() {}

    /**
     * A group, and what is in it.
     *
     * @param rows those with nulls, too
     * @param columns the values of each column that are not null
     */
    record Group(long rows, List<ExactMoments> columns) implements Serializable {
        private static final long serialVersionUID = 1L;

        Group {
            columns = List.copyOf(columns);
        }

        Group plus(Group other) {
            List<ExactMoments> sums = new ArrayList<>();
            for (int c = 0; c < columns.size(); c++) {
                sums.add(columns.get(c).plus(other.columns.get(c)));
            }
            return new Group(rows + other.rows, sums);
        }

        /** Big numbers are no classes that Kryo knows; bytes are. */
        byte[] toBytes() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(this);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }

        static Group fromBytes(byte[] bytes) {
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
                return (Group) in.readObject();
            } catch (IOException | ClassNotFoundException e) {
                throw new IllegalStateException("moments of a group cannot be read back: " + e, e);
            }
        }
    }

    /**
     * Reads the data.
     *
     * @return the groups by what {@code toString} makes of the group column; without one, one group
     * @throws BatchNormException if a row has no group
     */
    static Map<String, Group> of(AuditData data) {
        List<Column> needed = new ArrayList<>();
        data.columns().forEach(input -> needed.add(input.numbers().cast("double")));
        int columns = needed.size();
        if (data.group() != null) {
            needed.add(functions.col(data.group()));
        }
        Map<String, byte[]> bytes = data.rows()
                .select(needed.toArray(Column[]::new))
                .javaRDD()
                .mapPartitionsToPair(rows -> partials(rows, columns))
                .reduceByKey(
                        (a, b) -> Group.fromBytes(a).plus(Group.fromBytes(b)).toBytes())
                .collectAsMap();
        Map<String, Group> groups = new TreeMap<>();
        bytes.forEach((label, group) -> groups.put(label, Group.fromBytes(group)));
        if (groups.containsKey(NO_GROUP)) {
            throw new BatchNormException("audit: column " + data.group() + " is null in " + groups.get(NO_GROUP).rows
                    + " rows; expected a group in each: leave these rows out");
        }
        return groups;
    }

    /**
     * The moments of all groups together.
     *
     * @param columns how many there are
     */
    static Group whole(Map<String, Group> groups, int columns) {
        return groups.values().stream()
                .reduce(new Group(0, Collections.nCopies(columns, ExactMoments.NONE)), Group::plus);
    }

    private static Iterator<Tuple2<String, byte[]>> partials(Iterator<Row> rows, int columns) {
        Map<String, Partial> partials = new HashMap<>();
        while (rows.hasNext()) {
            Row row = rows.next();
            partials.computeIfAbsent(label(row, columns), label -> new Partial(columns))
                    .add(row);
        }
        List<Tuple2<String, byte[]>> bytes = new ArrayList<>();
        partials.forEach((label, partial) ->
                bytes.add(new Tuple2<>(label, partial.group().toBytes())));
        return bytes.iterator();
    }

    private static String label(Row row, int columns) {
        if (row.size() == columns) {
            return WHOLE;
        }
        return row.isNullAt(columns) ? NO_GROUP : row.get(columns).toString();
    }

    private static final class Partial {
        private final ExactAccumulator[] columns;
        private long rows;

        Partial(int columns) {
            this.columns = new ExactAccumulator[columns];
            Arrays.setAll(this.columns, c -> new ExactAccumulator());
        }

        void add(Row row) {
            rows++;
            for (int c = 0; c < columns.length; c++) {
                if (!row.isNullAt(c)) {
                    columns[c].add(row.getDouble(c));
                }
            }
        }

        Group group() {
            return new Group(
                    rows, Arrays.stream(columns).map(ExactAccumulator::moments).toList());
        }
    }
}
