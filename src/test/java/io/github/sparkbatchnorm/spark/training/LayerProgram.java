package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BatchNormKryoRegistrator;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Three steps of training on an RDD, and a forward and backward pass over a column, on the master given: prints all.
 */
final class LayerProgram {
    private LayerProgram() {}

    public static void main(String[] args) throws IOException {
        try (SparkSession session = SparkSession.builder()
                .master(args[0])
                .appName("layer")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.serializer", KryoSerializer.class.getName())
                .config("spark.kryo.registrator", BatchNormKryoRegistrator.class.getName())
                .config("spark.kryo.registrationRequired", "true")
                .config("spark.ui.enabled", "false")
                .getOrCreate()) {
            System.out.println(onRdd(JavaSparkContext.fromSparkContext(session.sparkContext())));
            System.out.println(onColumn(session));
        }
    }

    private static String onRdd(JavaSparkContext context) {
        Random random = new Random(3);
        List<float[]> samples = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            float[] sample = new float[6];
            for (int k = 0; k < sample.length; k++) {
                sample[k] = (float) (100 + random.nextGaussian());
            }
            samples.add(sample);
        }
        JavaRDD<float[]> x = context.parallelize(samples, 5).cache();
        SampleShape shape = SampleShape.channelsFirst(3, 2);
        BatchNormLayer layer = new BatchNormLayer(BatchNormState.initial(3, BatchNormConfig.DEFAULT));
        StringBuilder text = new StringBuilder();
        for (int step = 0; step < 3; step++) {
            try (RddForward<float[]> forward = layer.forward(x, shape, BatchNormMode.TRAIN);
                    RddBackward<float[]> backward = forward.backward(
                            JavaPairRDD.fromJavaRDD(x.zip(forward.output()).map(pair -> pair)))) {
                text.append(Arrays.deepToString(forward.output().collect().toArray()));
                text.append(Arrays.deepToString(backward.output().collect().toArray()));
                double[] weight = layer.state().weight();
                double[] bias = layer.state().bias();
                for (int c = 0; c < weight.length; c++) {
                    weight[c] -= 1e-3 * backward.weightGradient()[c];
                    bias[c] -= 1e-3 * backward.biasGradient()[c];
                }
                layer.setParameters(weight, bias);
            }
        }
        return text + StateJson.write(layer.state());
    }

    private static String onColumn(SparkSession session) {
        Dataset<Row> data = session.range(0, 40, 1, 4)
                .selectExpr("id", "array(double(id * id % 7), float(id)) AS x", "array(1D, id % 3) AS dy")
                .cache();
        BatchNormLayer layer = new BatchNormLayer(BatchNormState.initial(2, BatchNormConfig.DEFAULT));
        try (DatasetForward forward = layer.forward(data, TensorOptions.column("x"), "y", BatchNormMode.TRAIN);
                DatasetBackward backward = forward.backward(forward.output(), "dy", "dx")) {
            List<String> rows = new ArrayList<>(backward.output().toJSON().collectAsList());
            rows.sort(null);
            return rows
                    + Arrays.toString(backward.weightGradient())
                    + Arrays.toString(backward.biasGradient())
                    + StateJson.write(layer.state());
        }
    }
}
