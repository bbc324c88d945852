package io.github.sparkbatchnorm.jobs.bench;

import io.github.sparkbatchnorm.jobs.bench.BenchRounds.Operation;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.ml.BatchNorm;
import io.github.sparkbatchnorm.ml.BatchNormModel;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The operations of {@code bench} that are stages of Spark ML, on one column as it is. */
final class MlOperations {
    static final String FIT = "BatchNorm.fit";
    static final String NOOP = "BatchNormModel.transform to noop";
    static final String SCALER_NOOP = "StandardScalerModel.transform to noop";
    static final String TRANSFORM = "BatchNormModel.transform";

    private final BenchData dataSet;
    private final Dataset<Row> data;
    private final BatchNormModel model;

    /** @param state that the model applies */
    MlOperations(BenchData dataSet, Dataset<Row> data, BatchNormState state) {
        this.dataSet = dataSet;
        this.data = data;
        this.model = BatchNormModel.of(state).setInputCol(BenchData.TENSOR);
    }

    /** The operations that only read. */
    List<Operation> reads() {
        List<Operation> reads = new ArrayList<>();
        reads.add(new Operation(FIT, () -> estimator().fit(data)));
        if (dataSet.isVector()) {
            StandardScalerModel scaler = new StandardScaler()
                    .setInputCol(BenchData.TENSOR)
                    .setOutputCol("scaled")
                    .setWithMean(true)
                    .fit(data);
            reads.add(new Operation(SCALER_NOOP, () -> toNoop(scaler)));
            reads.add(new Operation(NOOP, () -> toNoop(model)));
        }
        return reads;
    }

    private BatchNorm estimator() {
        BatchNorm estimator = new BatchNorm().setInputCol(BenchData.TENSOR);
        if (dataSet.kind() != BenchData.Kind.IMAGE) {
            estimator.setShape(
                    dataSet.shape().stream().mapToInt(Integer::intValue).toArray());
            estimator.setLayout(dataSet.channelsLast() ? "channels-last" : "channels-first");
        }
        return estimator;
    }

    private void toNoop(Transformer transformer) {
        transformer.transform(data).write().format("noop").mode("overwrite").save();
    }

    /** The data with its tensor normalized by the model, in a column of a name. */
    Dataset<Row> normalized(String name) {
        return model.copy(new ParamMap()).setOutputCol(name).transform(data);
    }
}
