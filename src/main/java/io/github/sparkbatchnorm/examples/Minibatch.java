package io.github.sparkbatchnorm.examples;

import io.github.sparkbatchnorm.spark.training.BatchNormLayer;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * The samples that a step trains on, spread over partitions. They are cached and come in the same order each time, as
 * {@link BatchNormLayer} wants it.
 *
 * <p>Each sample belongs to a shard by its id. A shard is never split over partitions, and its samples stand in the
 * order of their ids. So a sum over a shard has the same bits on any number of partitions.
 *
 * @param shards the shard of each sample
 * @param labels what each sample shows, 0 to 9
 * @param inputs the pixels of each sample
 * @param size the number of samples
 * @param cached the data that closing releases
 */
record Minibatch(
        JavaRDD<Integer> shards,
        JavaRDD<Integer> labels,
        JavaRDD<double[]> inputs,
        int size,
        JavaPairRDD<Integer, Tuple2<Integer, double[]>> cached)
        implements AutoCloseable {
    /** The number of shards: one task sums the gradients within a shard, and the driver adds up the shards. */
    private static final int SHARDS = 16;

    /** The bound of ids: a sample's key is its shard times this, plus its id. */
    private static final int MAX_ID = 1_000_000;

    static Minibatch of(JavaSparkContext context, List<Digit> digits, int partitions) {
        List<Tuple2<Integer, Tuple2<Integer, double[]>>> keyed = digits.stream()
                .map(digit -> new Tuple2<>(
                        digit.id() % SHARDS * MAX_ID + digit.id(), new Tuple2<>(digit.label(), digit.pixels())))
                .toList();
        JavaPairRDD<Integer, Tuple2<Integer, double[]>> samples = context.parallelizePairs(keyed, partitions)
                .repartitionAndSortWithinPartitions(new ByShard(partitions), Comparator.<Integer>naturalOrder())
                .persist(StorageLevel.MEMORY_AND_DISK());
        return new Minibatch(
                samples.keys().map(key -> key / MAX_ID),
                samples.values().map(Tuple2::_1),
                samples.values().map(Tuple2::_2),
                digits.size(),
                samples);
    }

    @Override
    public void close() {
        cached.unpersist(false);
    }

    private static final class ByShard extends Partitioner implements Serializable {
        private static final long serialVersionUID = 1L;

        private final int partitions;

        ByShard(int partitions) {
            this.partitions = partitions;
        }

        @Override
        public int numPartitions() {
            return partitions;
        }

        @Override
        public int getPartition(Object key) {
            return (Integer) key / MAX_ID % partitions;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ByShard that && partitions == that.partitions;
        }

        @Override
        public int hashCode() {
            return partitions;
        }
    }
}
