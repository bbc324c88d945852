package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.spark.transform.TensorValues;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.util.function.IntFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/** The values of one type, read as the argument {@code spec} of a call says. */
final class SpecifiedValues implements Serializable {
    private static final long serialVersionUID = 1L;

    private final DataType type;
    private final @Nullable BatchNormState state;
    private final TensorValues plain;
    private final ConstantSpec<Reading> specs = new ConstantSpec<>();

    /**
     * How values are read.
     *
     * @param spec that says so; empty for none
     * @param policy for NaN and infinities
     */
    record Reading(String spec, TensorValues values, NonFinitePolicy policy) {
        /** Adds a value to sums; null is no sample. */
        void addTo(@Nullable Object value, IntFunction<ChannelMoments.Accumulator> sums) {
            values.addTo(value, sums);
        }

        /** The output of a value; null if it is no sample. */
        @Nullable
        Object apply(@Nullable Object value, SampleTransform transform) {
            return values.apply(value, transform);
        }
    }

    /**
     * @param state whose values these are; null for none
     * @throws UnsupportedOperationException if the type cannot be a tensor, in words for the user
     */
    SpecifiedValues(DataType type, @Nullable BatchNormState state) {
        this.type = type;
        this.state = state;
        try {
            this.plain = values(TensorSpec.NONE);
        } catch (BatchNormException | IllegalArgumentException e) {
            throw new UnsupportedOperationException(SpecWords.of(e), e);
        }
    }

    private TensorValues values(TensorSpec spec) {
        Layout ofState = state == null
                ? null
                : state.provenance().map(Provenance::layout).orElse(null);
        TensorOptions options = spec.applyTo(TensorValues.options(type), ofState);
        TensorValues values = TensorValues.of(type, options);
        return state == null ? values : values.forState(state);
    }

    /** The values, where nothing is said of them. */
    TensorValues plain() {
        return plain;
    }

    /**
     * How the values of a row are read.
     *
     * @param spec the argument; null for none
     * @throws BatchNormException if it is not understood, does not fit the type, or is another one than before
     */
    Reading read(@Nullable UTF8String spec) {
        return specs.of(spec, this::parse);
    }

    private Reading parse(String text) {
        TensorSpec spec = TensorSpec.parse(text);
        try {
            return new Reading(text, values(spec), spec.policy());
        } catch (IllegalArgumentException e) {
            throw new BatchNormException("spec '" + text + "': " + SpecWords.of(e), e);
        }
    }
}
