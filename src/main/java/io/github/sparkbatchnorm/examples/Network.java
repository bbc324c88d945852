package io.github.sparkbatchnorm.examples;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.training.BatchNormLayer;
import io.github.sparkbatchnorm.spark.training.RddBackward;
import io.github.sparkbatchnorm.spark.training.RddForward;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.apache.spark.api.java.JavaRDD;

/**
 * A multilayer perceptron: dense layers with rectified units between them, with or without batch norm before the units.
 * It learns by plain gradient descent on the softmax cross entropy, with gradients written by hand.
 */
final class Network {
    private final List<DenseLayer> dense = new ArrayList<>();

    /** The batch norm of each hidden layer; empty without batch norm. */
    private final List<BatchNormLayer> norms = new ArrayList<>();

    /**
     * A network with random weights.
     *
     * @param sizes the number of values before the first dense layer and after each
     * @param batchNorm whether there is batch norm before each hidden layer's units
     * @param scale the factor of the random weights at the start; 1 is a good one
     * @param seed of the random weights
     */
    Network(int[] sizes, boolean batchNorm, double scale, long seed) {
        Random random = new Random(seed);
        for (int l = 0; l + 1 < sizes.length; l++) {
            dense.add(new DenseLayer(sizes[l], sizes[l + 1], scale, random));
            if (batchNorm && l + 2 < sizes.length) {
                norms.add(new BatchNormLayer(BatchNormState.initial(sizes[l + 1], BatchNormConfig.DEFAULT)));
            }
        }
    }

    List<DenseLayer> dense() {
        return dense;
    }

    List<BatchNormLayer> norms() {
        return norms;
    }

    private boolean isLast(int layer) {
        return layer == dense.size() - 1;
    }

    /** The values of each layer that a forward pass leaves to the backward pass. */
    private static final class Trace {
        /** The inputs of each dense layer // [B][inputs]. */
        final List<JavaRDD<double[]>> activations = new ArrayList<>();
        /** The outputs of each dense layer // [B][outputs]. */
        final List<JavaRDD<double[]>> outputs = new ArrayList<>();

        final List<RddForward<double[]>> norms = new ArrayList<>();
    }

    private Trace forward(Minibatch batch, BatchNormMode mode, StepScope step) {
        Trace trace = new Trace();
        JavaRDD<double[]> activations = batch.inputs();
        for (int l = 0; l < dense.size(); l++) {
            trace.activations.add(activations);
            JavaRDD<double[]> outputs = step.cache(dense.get(l).forward(activations));
            trace.outputs.add(outputs);
            if (!isLast(l)) {
                activations =
                        step.cache(normalize(l, outputs, mode, trace, step).map(Network::rectify));
            }
        }
        return trace;
    }

    /** y of a layer's batch norm, if there is one: a job for the statistics in training. */
    private JavaRDD<double[]> normalize(
            int layer, JavaRDD<double[]> outputs, BatchNormMode mode, Trace trace, StepScope step) {
        if (norms.isEmpty()) {
            return outputs;
        }
        BatchNormLayer norm = norms.get(layer);
        SampleShape shape = SampleShape.channelsFirst(norm.state().numFeatures());
        RddForward<double[]> forward = norm.forward(outputs, shape, mode);
        step.atEnd(forward::close);
        trace.norms.add(forward);
        return forward.output();
    }

    /** One step of gradient descent on a minibatch. */
    void train(Minibatch batch, double rate) {
        try (StepScope step = new StepScope()) {
            Trace trace = forward(batch, BatchNormMode.TRAIN, step);
            int size = batch.size();
            JavaRDD<double[]> gradients = step.cache(trace.outputs
                    .get(dense.size() - 1)
                    .zip(batch.labels())
                    .map(sample -> lossGradient(sample._1(), sample._2(), size)));
            for (int l = dense.size() - 1; l >= 0; l--) {
                DenseLayer layer = dense.get(l);
                JavaRDD<double[]> activations = trace.activations.get(l);
                JavaRDD<double[]> activationGradients = layer.backward(gradients);
                layer.descend(layer.parameterGradient(batch.shards(), activations, gradients), rate);
                if (l > 0) {
                    JavaRDD<double[]> dy =
                            activations.zip(activationGradients).map(pair -> rectifyGradient(pair._1(), pair._2()));
                    gradients = step.cache(normalizeBackward(l - 1, dy, trace, rate, step));
                }
            }
        }
    }

    /**
     * dx of a layer's batch norm, if it has one, after a step of its weight and bias; one job finds their gradients.
     */
    private JavaRDD<double[]> normalizeBackward(
            int layer, JavaRDD<double[]> dy, Trace trace, double rate, StepScope step) {
        if (norms.isEmpty()) {
            return dy;
        }
        RddBackward<double[]> backward =
                trace.norms.get(layer).backward(trace.outputs.get(layer).zip(step.cache(dy)));
        step.atEnd(backward::close);
        BatchNormLayer norm = norms.get(layer);
        norm.setParameters(
                descend(Objects.requireNonNull(norm.state().weight()), backward.weightGradient(), rate),
                descend(Objects.requireNonNull(norm.state().bias()), backward.biasGradient(), rate));
        return backward.output();
    }

    private static double[] descend(double[] values, double[] gradient, double rate) {
        for (int c = 0; c < values.length; c++) {
            values[c] -= rate * gradient[c];
        }
        return values;
    }

    /** The mean cross entropy of a batch, normalized with its own statistics. */
    double loss(Minibatch batch) {
        try (StepScope step = new StepScope()) {
            Trace trace = forward(batch, BatchNormMode.TRAIN, step);
            return trace.outputs
                            .get(dense.size() - 1)
                            .zip(batch.labels())
                            .map(sample -> -Math.log(softmax(sample._1())[sample._2()]))
                            .reduce(Double::sum)
                    / batch.size();
        }
    }

    /** The part of a batch that the network recognizes, normalized with running statistics. */
    double accuracy(Minibatch batch) {
        try (StepScope step = new StepScope()) {
            Trace trace = forward(batch, BatchNormMode.EVAL, step);
            long right = trace.outputs
                    .get(dense.size() - 1)
                    .zip(batch.labels())
                    .filter(sample -> mostLikely(sample._1()) == sample._2())
                    .count();
            return right / (double) batch.size();
        }
    }

    private static double[] rectify(double[] y) {
        double[] a = new double[y.length];
        for (int i = 0; i < a.length; i++) {
            a[i] = Math.max(0, y[i]);
        }
        return a;
    }

    private static double[] rectifyGradient(double[] activations, double[] gradients) {
        double[] dy = new double[gradients.length];
        for (int i = 0; i < dy.length; i++) {
            dy[i] = activations[i] > 0 ? gradients[i] : 0;
        }
        return dy;
    }

    /** The gradient of the mean cross entropy with respect to one sample's outputs. */
    private static double[] lossGradient(double[] outputs, int label, int size) {
        double[] gradient = softmax(outputs);
        gradient[label] -= 1;
        for (int k = 0; k < gradient.length; k++) {
            gradient[k] /= size;
        }
        return gradient;
    }

    private static double[] softmax(double[] outputs) {
        double largest = outputs[mostLikely(outputs)];
        double[] probabilities = new double[outputs.length];
        double sum = 0;
        for (int k = 0; k < outputs.length; k++) {
            probabilities[k] = Math.exp(outputs[k] - largest);
            sum += probabilities[k];
        }
        for (int k = 0; k < outputs.length; k++) {
            probabilities[k] /= sum;
        }
        return probabilities;
    }

    private static int mostLikely(double[] outputs) {
        int best = 0;
        for (int k = 1; k < outputs.length; k++) {
            if (outputs[k] > outputs[best]) {
                best = k;
            }
        }
        return best;
    }
}
