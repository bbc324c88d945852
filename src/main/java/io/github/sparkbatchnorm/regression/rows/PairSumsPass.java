package io.github.sparkbatchnorm.regression.rows;

import io.github.sparkbatchnorm.regression.exact.PairMoments;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * Adds up the pairs of a tensor and its gradients by batch and channel, with big numbers: slow, and independent of the
 * library.
 */
public final class PairSumsPass {
    private PairSumsPass() {}

    /**
     * Runs the pass. Null samples are left out.
     *
     * @param rows in which batches are told apart by {@link BatchRows#KEY}
     * @param tensor the first of each pair
     * @param gradients the second, in the same shape; null for the tensor's alone, with itself as the second
     * @param channels C
     * @return for each batch the sums of each channel
     */
    public static Map<String, List<PairMoments>> run(
            Dataset<Row> rows, TensorColumns tensor, @Nullable TensorColumns gradients, int channels) {
        List<Column> columns = new ArrayList<>(List.of(BatchRows.key()));
        columns.addAll(tensor.select());
        if (gradients != null) {
            columns.addAll(gradients.select());
        }
        Map<String, List<PairMoments>> sums = new HashMap<>();
        rows.select(columns.toArray(Column[]::new))
                .toJavaRDD()
                .mapPartitionsToPair(new OfPartition(tensor, gradients, channels))
                .reduceByKey(PairSumsPass::add)
                .collect()
                .forEach(batch -> sums.put(batch._1, List.of(Wire.fromBytes(batch._2, PairMoments[].class))));
        return sums;
    }

    private static byte[] add(byte[] left, byte[] right) {
        PairMoments[] sums = Wire.fromBytes(left, PairMoments[].class);
        PairMoments[] others = Wire.fromBytes(right, PairMoments[].class);
        for (int c = 0; c < sums.length; c++) {
            sums[c] = sums[c].plus(others[c]);
        }
        return Wire.toBytes(sums);
    }

    private record OfPartition(TensorColumns tensor, @Nullable TensorColumns gradients, int channels)
            implements PairFlatMapFunction<Iterator<Row>, String, byte[]>, Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Iterator<Tuple2<String, byte[]>> call(Iterator<Row> rows) {
            Map<String, PairMoments.Accumulator[]> sums = new HashMap<>();
            boolean[] present = new boolean[channels];
            boolean[] same = new boolean[channels];
            while (rows.hasNext()) {
                Row row = rows.next();
                double[] x = tensor.read(row, 1, present);
                double[] dy = gradients == null
                        ? x
                        : gradients.read(row, 1 + tensor.names().size(), same);
                if (x != null && dy != null) {
                    add(x, dy, present, sums.computeIfAbsent(row.getString(0), key -> accumulators()));
                }
            }
            return sums.entrySet().stream()
                    .map(batch -> new Tuple2<>(batch.getKey(), Wire.toBytes(moments(batch.getValue()))))
                    .iterator();
        }

        private void add(double[] x, double[] dy, boolean[] present, PairMoments.Accumulator[] sums) {
            for (int i = 0; i < x.length; i++) {
                int c = tensor.channelOf(i, x.length, channels);
                if (!tensor.channelPerColumn() || present[c]) {
                    sums[c].add(x[i], dy[i]);
                }
            }
        }

        private PairMoments.Accumulator[] accumulators() {
            PairMoments.Accumulator[] accumulators = new PairMoments.Accumulator[channels];
            for (int c = 0; c < channels; c++) {
                accumulators[c] = new PairMoments.Accumulator();
            }
            return accumulators;
        }

        private static PairMoments[] moments(PairMoments.Accumulator[] accumulators) {
            PairMoments[] moments = new PairMoments[accumulators.length];
            for (int c = 0; c < moments.length; c++) {
                moments[c] = accumulators[c].moments();
            }
            return moments;
        }
    }
}
