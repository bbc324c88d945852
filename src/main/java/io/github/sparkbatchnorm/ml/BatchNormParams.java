package io.github.sparkbatchnorm.ml;

import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.param.StringArrayParam;

/**
 * The params of {@link BatchNorm} and {@link BatchNormModel}: which columns are the tensor, and how they are read.
 *
 * @param <S> the stage that has them, which setters return
 */
public interface BatchNormParams<S extends BatchNormParams<S>> extends Params {
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

    /**
     * {@return this, with inputCol set}
     *
     * @param column the tensor column; {@code s.x} is the field x of a struct s
     */
    default S setInputCol(String column) {
        return with(inputCol(), column);
    }

    /**
     * {@return this, with inputCols set}
     *
     * @param columns numeric columns, each a channel
     */
    default S setInputCols(String... columns) {
        return with(inputCols(), columns);
    }

    /**
     * {@return this, with outputCol set}
     *
     * @param column the column to add
     */
    default S setOutputCol(String column) {
        return with(outputCol(), column);
    }

    /**
     * {@return this, with shape set}
     *
     * @param dims the axes of a sample as they are stored, such as 3, 32, 32
     */
    default S setShape(int... dims) {
        return with(shape(), dims);
    }

    /**
     * {@return this, with layout set}
     *
     * @param layout channels-first or channels-last
     */
    default S setLayout(String layout) {
        return with(layout(), layout);
    }

    /**
     * {@return this, with dtype set}
     *
     * @param dtype float32 or float64
     */
    default S setDtype(String dtype) {
        return with(dtype(), dtype);
    }

    /**
     * {@return this, with handleInvalid set}
     *
     * @param policy error, skip or keep
     */
    default S setHandleInvalid(String policy) {
        return with(handleInvalid(), policy);
    }

    /**
     * {@return this, with nonFinite set}
     *
     * @param policy propagate, fail, skip-batch or ignore
     */
    default S setNonFinite(String policy) {
        return with(nonFinite(), policy);
    }

    @SuppressWarnings("unchecked") // S is the stage's own class
    private <T> S with(Param<T> param, T value) {
        set(param, value);
        return (S) this;
    }
}
