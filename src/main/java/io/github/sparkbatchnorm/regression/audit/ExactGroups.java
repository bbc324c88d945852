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
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
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
     * The values of a group that are not null.
     *
     * @param rows those with a null, too
     */
    record Group(long rows, ExactMoments moments) implements Serializable {
        private static final long serialVersionUID = 1L;

        Group plus(Group other) {
            return new Group(rows + other.rows, moments.plus(other.moments));
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
        Column value = functions.col(data.column()).cast("double");
        Dataset<Row> needed = data.group() == null
                ? data.rows().select(value)
                : data.rows().select(value, functions.col(data.group()));
        Map<String, byte[]> bytes = needed.javaRDD()
                .mapPartitionsToPair(ExactGroups::partials)
                .reduceByKey(
                        (a, b) -> Group.fromBytes(a).plus(Group.fromBytes(b)).toBytes())
                .collectAsMap();
        Map<String, Group> groups = new TreeMap<>();
        bytes.forEach((label, group) -> groups.put(label, Group.fromBytes(group)));
        if (groups.containsKey(NO_GROUP)) {
            throw new BatchNormException("audit of " + data.name() + ": column " + data.group() + " is null in "
                    + groups.get(NO_GROUP).rows + " rows; expected a group in each: leave these rows out");
        }
        return groups;
    }

    /** The moments of all groups together. */
    static Group whole(Map<String, Group> groups) {
        return groups.values().stream().reduce(new Group(0, ExactMoments.NONE), Group::plus);
    }

    private static Iterator<Tuple2<String, byte[]>> partials(Iterator<Row> rows) {
        Map<String, Partial> partials = new HashMap<>();
        while (rows.hasNext()) {
            Row row = rows.next();
            Partial partial = partials.computeIfAbsent(label(row), label -> new Partial());
            partial.rows++;
            if (!row.isNullAt(0)) {
                partial.values.add(row.getDouble(0));
            }
        }
        List<Tuple2<String, byte[]>> bytes = new ArrayList<>();
        partials.forEach((label, partial) ->
                bytes.add(new Tuple2<>(label, new Group(partial.rows, partial.values.moments()).toBytes())));
        return bytes.iterator();
    }

    private static String label(Row row) {
        if (row.size() == 1) {
            return WHOLE;
        }
        return row.isNullAt(1) ? NO_GROUP : row.get(1).toString();
    }

    private static final class Partial {
        private final ExactAccumulator values = new ExactAccumulator();
        private long rows;
    }
}
