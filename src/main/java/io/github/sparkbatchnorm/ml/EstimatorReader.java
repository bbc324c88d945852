package io.github.sparkbatchnorm.ml;

import org.apache.spark.ml.util.DefaultParamsReader;
import scala.Option;

/** Loads a saved {@link BatchNorm}. */
final class EstimatorReader extends StageReader<BatchNorm> {
    EstimatorReader() {
        super(BatchNorm.class);
    }

    @Override
    BatchNorm stage(DefaultParamsReader.Metadata saved) {
        BatchNorm estimator = new BatchNorm(saved.uid());
        saved.getAndSetParams(estimator, Option.empty());
        return estimator;
    }
}
