package io.github.sparkbatchnorm.examples;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * An example that recognizes handwritten digits with the same small network, with and without batch norm: at a learning
 * rate that is right for both, at ten times that rate, and from badly scaled weights.
 *
 * <p>The digits are cached until the example is closed. The example is deterministic: a seed gives the same numbers, to
 * the last bit, on any number of partitions and executors. Not thread-safe.
 */
public final class DigitsExample implements AutoCloseable {
    /** The learning rate that is right for both. */
    public static final double SMALL_RATE = 0.3;

    private static final int[] SIZES = {Digit.PIXELS, 32, 32, Digit.LABELS};
    private static final int BATCH_SIZE = 144;
    /** Every fifth digit is held out. */
    private static final int FOLDS = 5;

    private final List<Minibatch> training;
    private final Minibatch heldOut;
    private final long seed;

    /**
     * Reads and caches the digits.
     *
     * @param data columns id, label, and x of 64 pixels from 0 to 16
     * @param partitions into how many partitions each minibatch is split
     * @param seed of the weights and of the order of the digits
     */
    public DigitsExample(Dataset<Row> data, int partitions, long seed) {
        this.seed = seed;
        JavaSparkContext context =
                JavaSparkContext.fromSparkContext(data.sparkSession().sparkContext());
        List<Digit> digits = Digit.of(data);
        List<Digit> rest = new ArrayList<>(
                digits.stream().filter(digit -> digit.id() % FOLDS != FOLDS - 1).toList());
        Collections.shuffle(rest, new Random(seed));
        training = new ArrayList<>();
        for (int from = 0; from < rest.size(); from += BATCH_SIZE) {
            List<Digit> some = rest.subList(from, Math.min(rest.size(), from + BATCH_SIZE));
            training.add(Minibatch.of(context, some, partitions));
        }
        List<Digit> held =
                digits.stream().filter(digit -> digit.id() % FOLDS == FOLDS - 1).toList();
        heldOut = Minibatch.of(context, held, partitions);
    }

    /**
     * One way to train the network.
     *
     * @param name what a table calls it
     * @param rate the learning rate
     * @param scale the factor of the random weights at the start; 1 is a good one
     */
    public record Trial(String name, double rate, double scale) {}

    /** {@return the three trials that show what batch norm is for} */
    public static List<Trial> trials() {
        return List.of(
                new Trial("small learning rate", SMALL_RATE, 1),
                new Trial("ten times larger", 10 * SMALL_RATE, 1),
                new Trial("weights ten times too small", SMALL_RATE, 0.1));
    }

    /**
     * Trains a network from the start.
     *
     * @param trial learning rate and scale of the weights
     * @param batchNorm whether the network has batch norm layers
     * @param epochs how often the network sees each digit
     * @return the part of the held-out digits that the network recognizes, from 0 to 1
     */
    public double run(Trial trial, boolean batchNorm, int epochs) {
        Network network = new Network(SIZES, batchNorm, trial.scale(), seed);
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (Minibatch batch : training) {
                network.train(batch, trial.rate());
            }
        }
        return network.accuracy(heldOut);
    }

    /** Releases the cached digits. */
    @Override
    public void close() {
        training.forEach(Minibatch::close);
        heldOut.close();
    }
}
