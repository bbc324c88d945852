package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.InverseTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.transform.Reused;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Objects;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * A function that normalizes values, or does the inverse: with a state that it holds, or with moments or arrays of
 * statistics that come with each row. Null where one of these or the value is null.
 *
 * <p>Generated code calls a method {@code invoke} that the class itself declares, with the exact classes of the
 * arguments. So there is a subclass for each class of values.
 */
abstract class TensorCall implements ScalarFunction<Object> {
    private static final long serialVersionUID = 1L;

    private final Form form;
    private final Reused<Transforms> transforms = new Reused<>();
    private transient volatile @Nullable OfState transform;

    /**
     * What a call is made of.
     *
     * @param name of the function
     * @param values the first argument
     * @param inputs the types of the arguments
     * @param inverse whether it goes back from normalized values
     * @param state that it holds; null for none
     */
    record Form(String name, SpecifiedValues values, DataType[] inputs, boolean inverse, @Nullable BatchNormState state)
            implements Serializable {}

    private record OfState(NonFinitePolicy policy, SampleTransform transform) {}

    TensorCall(Form form) {
        this.form = form;
    }

    /** The output of a value, with the state. */
    final @Nullable Object withState(@Nullable Object x, @Nullable UTF8String spec) {
        try {
            SpecifiedValues.Reading reading = form.values().read(spec);
            OfState made = transform;
            if (made == null || made.policy() != reading.policy()) {
                made = new OfState(reading.policy(), ofState(reading.policy()));
                transform = made;
            }
            return reading.apply(x, made.transform());
        } catch (BatchNormException | IllegalArgumentException e) {
            throw SpecWords.ofCall(form.name(), e);
        }
    }

    private SampleTransform ofState(NonFinitePolicy policy) {
        BatchNormState own = form.values().plain().aligned(Objects.requireNonNull(form.state()));
        return form.inverse() ? InverseTransform.ofRunning(own, policy) : ChannelTransform.ofRunning(own, policy);
    }

    /** The output of a value, with moments. */
    final @Nullable Object withMoments(
            @Nullable Object x, byte @Nullable [] moments, @Nullable UTF8String spec, double eps) {
        if (x == null || moments == null) {
            return null;
        }
        try {
            SpecifiedValues.Reading reading = form.values().read(spec);
            Transforms own = transforms.take(this::newTransforms);
            Object y = reading.apply(x, own.ofMoments(moments, reading.policy(), eps));
            transforms.give(own);
            return y;
        } catch (BatchNormException | IllegalArgumentException e) {
            throw SpecWords.ofCall(form.name(), e);
        }
    }

    /** The output of a value, with arrays of length C. */
    final @Nullable Object withArrays(
            @Nullable Object x,
            @Nullable ArrayData mean,
            @Nullable ArrayData variance,
            double eps,
            @Nullable ArrayData weight,
            @Nullable ArrayData bias) {
        if (x == null || mean == null || variance == null || (weight == null) != (bias == null)) {
            return null;
        }
        try {
            SpecifiedValues.Reading reading = form.values().read(null);
            Transforms own = transforms.take(this::newTransforms);
            Object y = reading.apply(x, own.ofArrays(mean, variance, reading.policy(), eps, weight, bias));
            transforms.give(own);
            return y;
        } catch (BatchNormException | IllegalArgumentException e) {
            throw SpecWords.ofCall(form.name(), e);
        }
    }

    private Transforms newTransforms() {
        return new Transforms(form.inverse());
    }

    @Override
    public final DataType[] inputTypes() {
        return form.inputs().clone();
    }

    @Override
    public final DataType resultType() {
        return form.values().plain().outputType();
    }

    @Override
    public final String name() {
        return form.name();
    }

    @Override
    public final String canonicalName() {
        BatchNormState state = form.state();
        return "spark-batchnorm." + form.name() + (state == null ? "" : "." + Integer.toHexString(state.hashCode()));
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof TensorCall that
                && form.name().equals(that.form.name())
                && Arrays.equals(form.inputs(), that.form.inputs())
                && Objects.equals(form.state(), that.form.state());
    }

    @Override
    public final int hashCode() {
        return 31 * form.name().hashCode() + Arrays.hashCode(form.inputs());
    }

    @Override
    public final String toString() {
        return form.name();
    }
}
