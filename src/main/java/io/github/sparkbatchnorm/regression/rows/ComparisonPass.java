package io.github.sparkbatchnorm.regression.rows;

import io.github.sparkbatchnorm.regression.exact.ChannelReference;
import io.github.sparkbatchnorm.regression.exact.Difference;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * Compares each value of an output with exact arithmetic: about 3 microseconds a value.
 *
 * @param x the values
 * @param gradients dy, to compare gradients; null to compare outputs
 * @param results y or dx
 */
public record ComparisonPass(TensorColumns x, @Nullable TensorColumns gradients, TensorColumns results)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * Runs the pass.
     *
     * @param rows in which batches are told apart by {@link BatchRows#KEY}; those of a batch without formulas are left
     *     out
     * @param references the formulas
     * @param channels C
     * @return what was found
     */
    public Comparison run(Dataset<Row> rows, References references, int channels) {
        List<Column> columns = new ArrayList<>(List.of(BatchRows.key()));
        columns.addAll(x.select());
        if (gradients != null) {
            columns.addAll(gradients.select());
        }
        columns.addAll(results.select());
        Dataset<Row> selected = rows.select(columns.toArray(Column[]::new));
        JavaSparkContext context =
                JavaSparkContext.fromSparkContext(rows.sparkSession().sparkContext());
        Broadcast<byte[]> sent = context.broadcast(Wire.toBytes(references));
        try {
            return selected
                    .toJavaRDD()
                    .mapPartitions(new OfPartition(this, results.holdFloats(rows), channels, sent))
                    .collect()
                    .stream()
                    .map(bytes -> Wire.fromBytes(bytes, Comparison.class))
                    .reduce(Comparison.NONE, Comparison::plus);
        } finally {
            sent.destroy();
        }
    }

    private record OfPartition(ComparisonPass pass, boolean floats, int channels, Broadcast<byte[]> sent)
            implements FlatMapFunction<Iterator<Row>, byte[]>, Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Iterator<byte[]> call(Iterator<Row> rows) {
            References references = Wire.fromBytes(sent.value(), References.class);
            PartitionComparison comparison = new PartitionComparison(pass, floats, channels);
            while (rows.hasNext()) {
                Row row = rows.next();
                String batch = row.getString(0);
                ChannelReference[] channelsOfBatch = references.of(batch);
                if (channelsOfBatch != null) {
                    comparison.add(row, batch, channelsOfBatch);
                }
            }
            return List.of(Wire.toBytes(comparison.result())).iterator();
        }
    }

    /** The comparison of the rows of a partition. */
    private static final class PartitionComparison {
        private final ComparisonPass pass;
        private final boolean floats;
        private final boolean[] present;
        private final boolean[] presentResult;
        private long rows;
        private long values;
        private long misshapen;
        private double relative;
        private long distance;
        private String worst = "";

        PartitionComparison(ComparisonPass pass, boolean floats, int channels) {
            this.pass = pass;
            this.floats = floats;
            this.present = new boolean[channels];
            this.presentResult = new boolean[channels];
        }

        void add(Row row, String batch, ChannelReference[] references) {
            int width = pass.x.names().size();
            double[] x = pass.x.read(row, 1, present);
            double[] dy = pass.gradients == null ? x : pass.gradients.read(row, 1 + width, presentResult);
            int results = pass.gradients == null
                    ? 1 + width
                    : 1 + width + pass.gradients.names().size();
            double[] y = pass.results.read(row, results, presentResult);
            rows++;
            if (x == null || dy == null) {
                misshapen += y == null ? 0 : 1;
                return;
            }
            if (y == null || y.length != x.length) {
                misshapen++;
                return;
            }
            for (int i = 0; i < x.length; i++) {
                int c = pass.x.channelOf(i, x.length, present.length);
                if (!pass.x.channelPerColumn() || present[c]) {
                    Difference difference = pass.gradients == null
                            ? references[c].compareOutput(x[i], y[i])
                            : references[c].compareGradient(x[i], dy[i], y[i]);
                    add(difference, batch, c, x[i], y[i]);
                }
            }
        }

        private void add(Difference difference, String batch, int channel, double x, double y) {
            values++;
            boolean isWorse = floats ? difference.floats() > distance : difference.relative() > relative;
            if (isWorse) {
                worst = BatchRows.place(batch, channel) + ": " + y + " for x " + x + "; exact is "
                        + difference.expected();
            }
            relative = Math.max(relative, difference.relative());
            distance = floats ? Math.max(distance, difference.floats()) : 0;
        }

        Comparison result() {
            return new Comparison(rows, values, misshapen, relative, distance, worst);
        }
    }
}
