package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.jobs.console.Choice;
import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import scala.runtime.AbstractFunction1;

/** The params that the estimator and its model share, with their defaults, and the words that params take. */
final class ParamSet implements Serializable {
    private static final long serialVersionUID = 1L;

    final Param<String> inputCol;
    final StringArrayParam inputCols;
    final Param<String> outputCol;
    final IntArrayParam shape;
    final Param<String> layout;
    final Param<String> dtype;
    final Param<String> handleInvalid;
    final Param<String> nonFinite;

    /** @param owner whose uid is set already */
    ParamSet(BatchNormParams<?> owner) {
        inputCol = text(
                owner, "inputCol", "tensor column: arrays, nested arrays, vectors, binary or images; s.x is a field");
        inputCols = new StringArrayParam(owner, "inputCols", "numeric columns, each a channel, instead of inputCol");
        outputCol = text(
                owner,
                "outputCol",
                "column to add, of the type of inputCol; of inputCols a vector, or not set: they are replaced");
        shape = new IntArrayParam(
                owner, "shape", "shape of a sample, such as [3, 32, 32]; not set: from the data, [C] where it is flat");
        layout = words(owner, "layout", "place of C in the shape", Layout.class);
        dtype = words(owner, "dtype", "what a binary column holds, little-endian", Dtype.class, "; not set: float32");
        handleInvalid = words(owner, "handleInvalid", "null samples", HandleInvalid.class);
        nonFinite = words(owner, "nonFinite", "NaN and infinite values", NonFinitePolicy.class);
    }

    /** Sets the defaults. It comes last: the owner lists its params once, with all of them. */
    void setDefaults(BatchNormParams<?> owner) {
        owner.setDefault(outputCol, owner.uid() + "__output");
        owner.setDefault(handleInvalid, "error");
        owner.setDefault(nonFinite, "propagate");
    }

    /** A param of text. */
    static Param<String> text(BatchNormParams<?> owner, String name, String doc) {
        return new Param<>(owner.uid(), name, doc, String.class);
    }

    /** A param that takes the words of some constants. */
    static <E extends Enum<E>> Param<String> words(BatchNormParams<?> owner, String name, String doc, Class<E> type) {
        return words(owner, name, doc, type, "");
    }

    private static <E extends Enum<E>> Param<String> words(
            BatchNormParams<?> owner, String name, String doc, Class<E> type, String after) {
        String words = Choice.of(type).words();
        return new Param<>(owner.uid(), name, doc + ": " + words + after, new OneOf<>(name, type), String.class);
    }

    /**
     * A param that takes numbers from 0 to a largest one.
     *
     * @param expected the numbers in words
     */
    static DoubleParam number(BatchNormParams<?> owner, String name, String doc, double max, String expected) {
        return new DoubleParam(owner, name, doc, new InRange(name, max, expected));
    }

    /** The constant of a word that a param has taken. */
    static <E extends Enum<E>> E constant(Class<E> type, String word) {
        return Objects.requireNonNull(Choice.of(type).find(word));
    }

    /** The options that the params of an owner stand for. */
    static ColumnOptions columns(BatchNormParams<?> of) {
        ColumnOptions columns = new ColumnOptions();
        columns.column = of.isSet(of.inputCol()) ? of.getInputCol() : null;
        if (of.isSet(of.inputCols())) {
            Stream.of(of.getInputCols()).map(ParamSet::quoted).forEach(columns.columns::add);
        }
        columns.shape = of.isSet(of.shape())
                ? IntStream.of(of.getShape()).mapToObj(Integer::toString).collect(Collectors.joining(","))
                : null;
        columns.layout = of.isSet(of.layout()) ? constant(Layout.class, of.getLayout()) : null;
        columns.dtype = of.isSet(of.dtype()) ? constant(Dtype.class, of.getDtype()) : null;
        columns.handleInvalid = constant(HandleInvalid.class, of.getHandleInvalid());
        columns.nonFinite = constant(NonFinitePolicy.class, of.getNonFinite());
        return columns;
    }

    /** A name of a list whose names have commas between them. */
    private static String quoted(String name) {
        return name.indexOf(',') < 0 || name.indexOf('`') >= 0 ? name : "`" + name + "`";
    }

    /** Refuses other numbers with a message that says which are expected: Spark's own does not. */
    private static final class InRange extends AbstractFunction1<Object, Object> implements Serializable {
        private static final long serialVersionUID = 1L;

        private final String param;
        private final double max;
        private final String expected;

        InRange(String param, double max, String expected) {
            this.param = param;
            this.max = max;
            this.expected = expected;
        }

        @Override
        public Boolean apply(Object given) {
            double value = (Double) given;
            if (!(value >= 0 && value <= max)) {
                throw new IllegalArgumentException(param + " is " + value + "; expected " + expected);
            }
            return true;
        }
    }

    /** Refuses other words with a message that lists them: Spark's own does not. */
    private static final class OneOf<E extends Enum<E>> extends AbstractFunction1<String, Object>
            implements Serializable {
        private static final long serialVersionUID = 1L;

        private final String param;
        private final Class<E> type;

        OneOf(String param, Class<E> type) {
            this.param = param;
            this.type = type;
        }

        @Override
        public Boolean apply(String given) {
            Choice<E> choice = Choice.of(type);
            if (choice.find(given) == null) {
                throw new IllegalArgumentException(param + " is '" + given + "'; expected one of " + choice.words());
            }
            return true;
        }
    }
}
