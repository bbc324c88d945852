package io.github.sparkbatchnorm.ml;

import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.param.StringArrayParam;

/** The params of {@link BatchNorm} and {@link BatchNormModel}: which columns are the tensor, and how they are read. */
public interface BatchNormParams extends Params {
    /** {@return the param for the tensor column: arrays, nested arrays, vectors, binary or images} */
    Param<String> inputCol();

    /** {@return the param for numeric columns, each a channel, instead of inputCol} */
    StringArrayParam inputCols();

    /**
     * {@return the param for the column to add} Of inputCol it has the type and shape (double for integers). Of
     * inputCols it is one vector of all channels; where it is not set, inputCols themselves are replaced.
     */
    Param<String> outputCol();

    /** {@return the param for the shape of a sample, such as 3,32,32; not set: from the data} */
    IntArrayParam shape();

    /** {@return the param for the place of C in the shape: channels-first or channels-last} */
    Param<String> layout();

    /** {@return the param for what a binary column holds: float32 or float64} */
    Param<String> dtype();

    /** {@return the param for null samples: error, skip or keep} */
    Param<String> handleInvalid();

    /** {@return the param for NaN and infinite values: propagate, fail, skip-batch or ignore} */
    Param<String> nonFinite();

    /** {@return the tensor column} */
    default String getInputCol() {
        return getOrDefault(inputCol());
    }

    /** {@return the columns that are a channel each} */
    default String[] getInputCols() {
        return getOrDefault(inputCols());
    }

    /** {@return the column to add} */
    default String getOutputCol() {
        return getOrDefault(outputCol());
    }

    /** {@return the shape of a sample} */
    default int[] getShape() {
        return getOrDefault(shape());
    }

    /** {@return the place of C in the shape} */
    default String getLayout() {
        return getOrDefault(layout());
    }

    /** {@return what a binary column holds} */
    default String getDtype() {
        return getOrDefault(dtype());
    }

    /** {@return the policy for null samples} */
    default String getHandleInvalid() {
        return getOrDefault(handleInvalid());
    }

    /** {@return the policy for NaN and infinite values} */
    default String getNonFinite() {
        return getOrDefault(nonFinite());
    }
}
