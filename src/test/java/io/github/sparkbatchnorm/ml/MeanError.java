package io.github.sparkbatchnorm.ml;

import org.apache.spark.ml.evaluation.Evaluator;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.functions;

/** The mean distance of prediction and label. Spark's own evaluators send classes that Kryo does not know. */
public final class MeanError extends Evaluator implements DefaultParamsWritable {
    private static final long serialVersionUID = 1L;

    private final String uid;

    MeanError() {
        this("MeanError");
    }

    /** For Spark, which makes copies and loads what was saved. */
    public MeanError(String uid) {
        this.uid = uid;
    }

    /** For Spark, which finds it by its name. */
    public static MLReader<MeanError> read() {
        return new DefaultParamsReader<>();
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public double evaluate(Dataset<?> dataset) {
        return dataset.agg(functions.expr("avg(abs(prediction - label))"))
                .first()
                .getDouble(0);
    }

    @Override
    public boolean isLargerBetter() {
        return false;
    }

    @Override
    public MeanError copy(ParamMap extra) {
        return defaultCopy(extra);
    }
}
