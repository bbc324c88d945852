package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
    ParamSet(BatchNormParams owner) {
        inputCol = text(
                owner, "inputCol", "tensor column: arrays, nested arrays, vectors, binary or images; s.x is a field");
        inputCols = new StringArrayParam(owner, "inputCols", "numeric columns, each a channel, instead of inputCol");
        outputCol = text(
                owner,
                "outputCol",
                "column to add, of the type of inputCol; of inputCols a vector, or not set: they are replaced");
        shape = new IntArrayParam(
                owner, "shape", "shape of a sample, such as [3, 32, 32]; not set: from the data, [C] where it is flat");
        layout = words(owner, "layout", "place of C in the shape", Layout.values());
        dtype = words(owner, "dtype", "what a binary column holds, little-endian; not set: float32", Dtype.values());
        handleInvalid = words(owner, "handleInvalid", "null samples", HandleInvalid.values());
        nonFinite = words(owner, "nonFinite", "NaN and infinite values", NonFinitePolicy.values());
    }

    /** Sets the defaults. It comes last: the owner lists its params once, with all of them. */
    void setDefaults(BatchNormParams owner) {
        owner.setDefault(outputCol, owner.uid() + "__output");
        owner.setDefault(handleInvalid, word(HandleInvalid.ERROR));
        owner.setDefault(nonFinite, word(NonFinitePolicy.PROPAGATE));
    }

    /** A param of text. */
    static Param<String> text(BatchNormParams owner, String name, String doc) {
        return new Param<>(owner.uid(), name, doc, String.class);
    }

    /** A param that takes some words. */
    static Param<String> words(BatchNormParams owner, String name, String doc, Enum<?>[] constants) {
        String words = Stream.of(constants).map(ParamSet::word).collect(Collectors.joining(", "));
        return new Param<>(owner.uid(), name, doc + ": " + words, new OneOf(name, words), String.class);
    }

    /** A word like {@code skip-batch} for {@code SKIP_BATCH}. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The constant of a word that a param has taken. */
    static <E extends Enum<E>> E constant(Class<E> type, String word) {
        return Enum.valueOf(type, word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** The options that the params of an owner stand for. */
    static ColumnOptions columns(BatchNormParams of) {
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

    /** Refuses other words with a message that lists them: Spark's own does not. */
    private static final class OneOf extends AbstractFunction1<String, Object> implements Serializable {
        private static final long serialVersionUID = 1L;

        private final String param;
        private final String words;

        OneOf(String param, String words) {
            this.param = param;
            this.words = words;
        }

        @Override
        public Boolean apply(String given) {
            if (!Stream.of(words.split(", ")).anyMatch(word -> word.equals(given))) {
                throw new IllegalArgumentException(param + " is '" + given + "'; expected one of " + words);
            }
            return true;
        }
    }
}
