package io.github.sparkbatchnorm.examples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/** A dense layer, {@code z = W a + b}, that learns by plain gradient descent. */
final class DenseLayer {
    private final int inputs;
    private final int outputs;

    /**
     * W row by row, then b // [outputs * inputs + outputs]. A step replaces the array and never writes into it, since
     * lazy RDDs have captured it.
     */
    private double[] parameters;

    /**
     * A layer with random weights of variance {@code scale^2 * 2 / inputs}; with scale 1 this is the start of He et al.
     * for rectified units.
     *
     * @param inputs length of a
     * @param outputs length of z
     * @param scale the factor of the weights; 1 is a good start
     * @param random where the weights come from
     */
    DenseLayer(int inputs, int outputs, double scale, Random random) {
        this.inputs = inputs;
        this.outputs = outputs;
        parameters = new double[outputs * inputs + outputs];
        for (int i = 0; i < outputs * inputs; i++) {
            parameters[i] = scale * Math.sqrt(2.0 / inputs) * random.nextGaussian();
        }
    }

    double[] parameters() {
        return parameters.clone();
    }

    void setParameters(double[] values) {
        parameters = values.clone();
    }

    JavaRDD<double[]> forward(JavaRDD<double[]> activations) {
        double[] p = parameters;
        int n = inputs;
        int m = outputs;
        return activations.map(a -> output(p, a, n, m));
    }

    private static double[] output(double[] p, double[] a, int inputs, int outputs) {
        double[] z = Arrays.copyOfRange(p, outputs * inputs, outputs * inputs + outputs);
        for (int k = 0; k < outputs; k++) {
            for (int j = 0; j < inputs; j++) {
                z[k] += p[k * inputs + j] * a[j];
            }
        }
        return z;
    }

    /** The gradient of the loss with respect to the activations, {@code W^T dz}; lazy. */
    JavaRDD<double[]> backward(JavaRDD<double[]> gradients) {
        double[] p = parameters;
        int n = inputs;
        int m = outputs;
        return gradients.map(dz -> inputGradient(p, dz, n, m));
    }

    private static double[] inputGradient(double[] p, double[] dz, int inputs, int outputs) {
        double[] da = new double[inputs];
        for (int k = 0; k < outputs; k++) {
            for (int j = 0; j < inputs; j++) {
                da[j] += p[k * inputs + j] * dz[k];
            }
        }
        return da;
    }

    /**
     * The gradient of the loss with respect to the parameters, summed over the batch, which takes one job. One task
     * sums each shard in the order of its samples, and the driver adds up the shards in their order.
     */
    double[] parameterGradient(JavaRDD<Integer> shards, JavaRDD<double[]> activations, JavaRDD<double[]> gradients) {
        int n = inputs;
        int m = outputs;
        JavaPairRDD<Integer, Tuple2<double[], double[]>> samples =
                shards.zip(activations.zip(gradients).map(p -> p));
        List<Tuple2<Integer, double[]>> sums = new ArrayList<>(
                samples.mapPartitions(some -> shardSums(some, n, m)).collect());
        sums.sort(Comparator.comparing(Tuple2::_1));
        double[] total = new double[outputs * inputs + outputs];
        for (Tuple2<Integer, double[]> sum : sums) {
            for (int i = 0; i < total.length; i++) {
                total[i] += sum._2()[i];
            }
        }
        return total;
    }

    private static Iterator<Tuple2<Integer, double[]>> shardSums(
            Iterator<Tuple2<Integer, Tuple2<double[], double[]>>> samples, int inputs, int outputs) {
        List<Tuple2<Integer, double[]>> sums = new ArrayList<>();
        while (samples.hasNext()) {
            Tuple2<Integer, Tuple2<double[], double[]>> sample = samples.next();
            if (sums.isEmpty() || !sums.get(sums.size() - 1)._1().equals(sample._1())) {
                sums.add(new Tuple2<>(sample._1(), new double[outputs * inputs + outputs]));
            }
            double[] sum = sums.get(sums.size() - 1)._2();
            double[] a = sample._2()._1();
            double[] dz = sample._2()._2();
            for (int k = 0; k < outputs; k++) {
                for (int j = 0; j < inputs; j++) {
                    sum[k * inputs + j] += dz[k] * a[j];
                }
                sum[outputs * inputs + k] += dz[k];
            }
        }
        return sums.iterator();
    }

    /** A step of gradient descent. */
    void descend(double[] gradient, double rate) {
        double[] next = parameters.clone();
        for (int i = 0; i < next.length; i++) {
            next[i] -= rate * gradient[i];
        }
        parameters = next;
    }
}
