package io.github.sparkbatchnorm.ml;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.Param;

/** The params of {@link BatchNorm} alone: what the state of its model is. */
public interface BatchNormFitParams extends BatchNormParams<BatchNorm> {
    /** {@return the param for what is added to the variance; default 1e-5} */
    DoubleParam eps();

    /** {@return the param for the weight of a new batch in the running statistics; not set: their plain average} */
    DoubleParam momentum();

    /** {@return the param for whether the state has weight and bias; default true} */
    BooleanParam affine();

    /** {@return the param for the column that tells global batches apart} */
    Param<String> batchCol();

    /**
     * {@return the param for the scaler that the model stands in for: batch-norm (default), standard-scaler, sklearn}
     */
    Param<String> preset();

    /** {@return the param for whether a preset takes the mean away; not set: false for standard-scaler, as there} */
    BooleanParam withMean();

    /** {@return the param for whether a preset divides by the deviation; not set: true} */
    BooleanParam withStd();

    /** {@return the param for the condition, in SQL, on the rows that statistics are of} */
    Param<String> where();

    /** {@return the param for the JSON of the state to go on from} */
    Param<String> initialState();

    /** {@return what is added to the variance} */
    default double getEps() {
        return (Double) getOrDefault(eps());
    }

    /** {@return the weight of a new batch in the running statistics} */
    default double getMomentum() {
        return (Double) getOrDefault(momentum());
    }

    /** {@return whether the state has weight and bias} */
    default boolean getAffine() {
        return (Boolean) getOrDefault(affine());
    }

    /** {@return the column that tells global batches apart} */
    default String getBatchCol() {
        return getOrDefault(batchCol());
    }

    /** {@return the scaler that the model stands in for} */
    default String getPreset() {
        return getOrDefault(preset());
    }

    /** {@return whether a preset takes the mean away} */
    default boolean getWithMean() {
        return (Boolean) getOrDefault(withMean());
    }

    /** {@return whether a preset divides by the deviation} */
    default boolean getWithStd() {
        return (Boolean) getOrDefault(withStd());
    }

    /** {@return the condition on the rows that statistics are of} */
    default String getWhere() {
        return getOrDefault(where());
    }

    /** {@return the JSON of the state to go on from} */
    default String getInitialState() {
        return getOrDefault(initialState());
    }
}
