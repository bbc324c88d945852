package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/** A call for vectors of Spark ML, whose class is {@link Object} to Spark. */
public final class VectorsCall extends TensorCall {
    private static final long serialVersionUID = 1L;

    VectorsCall(Form form) {
        super(form);
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @return y
     */
    public @Nullable Object invoke(@Nullable Object x) {
        return withState(x, null);
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param spec how x is read
     * @return y
     */
    public @Nullable Object invoke(@Nullable Object x, @Nullable UTF8String spec) {
        return withState(x, spec);
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param moments a record
     * @return y
     */
    public @Nullable Object invoke(@Nullable Object x, byte @Nullable [] moments) {
        return withMoments(x, moments, null, BatchNormConfig.DEFAULT.eps());
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param moments a record
     * @param spec how x is read
     * @return y
     */
    public @Nullable Object invoke(@Nullable Object x, byte @Nullable [] moments, @Nullable UTF8String spec) {
        return withMoments(x, moments, spec, BatchNormConfig.DEFAULT.eps());
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param moments a record
     * @param eps added to the variance
     * @return y
     */
    public @Nullable Object invoke(@Nullable Object x, byte @Nullable [] moments, double eps) {
        return withMoments(x, moments, null, eps);
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param moments a record
     * @param spec how x is read
     * @param eps added to the variance
     * @return y
     */
    public @Nullable Object invoke(
            @Nullable Object x, byte @Nullable [] moments, @Nullable UTF8String spec, double eps) {
        return withMoments(x, moments, spec, eps);
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param mean of each channel
     * @param variance of each channel
     * @param eps added to the variance
     * @return y
     */
    public @Nullable Object invoke(
            @Nullable Object x, @Nullable ArrayData mean, @Nullable ArrayData variance, double eps) {
        return withArrays(x, mean, variance, eps, null, null);
    }

    /**
     * Called by Spark for each row.
     *
     * @param x the value
     * @param mean of each channel
     * @param variance of each channel
     * @param eps added to the variance
     * @param weight of each channel
     * @param bias of each channel
     * @return y
     */
    public @Nullable Object invoke(
            @Nullable Object x,
            @Nullable ArrayData mean,
            @Nullable ArrayData variance,
            double eps,
            @Nullable ArrayData weight,
            @Nullable ArrayData bias) {
        return withArrays(x, mean, variance, eps, weight, bias);
    }
}
