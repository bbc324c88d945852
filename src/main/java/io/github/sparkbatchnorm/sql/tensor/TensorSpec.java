package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How samples stand in a value, as the argument {@code spec} says it: {@code '[float32|float64] [C,H,W] [channels-last]
 * [ignore]'}, in any order.
 *
 * @param dtype of binary values; null where nothing is said
 * @param shape the axes with commas between them, as they are stored; null where nothing is said
 * @param layout null where nothing is said
 * @param policy for NaN and infinities
 */
record TensorSpec(@Nullable Dtype dtype, @Nullable String shape, @Nullable Layout layout, NonFinitePolicy policy) {
    static final TensorSpec NONE = new TensorSpec(null, null, null, NonFinitePolicy.PROPAGATE);

    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final Pattern AROUND_COMMAS = Pattern.compile("\\s*,\\s*");
    private static final Pattern AXES = Pattern.compile("\\d{1,9}(,\\d{1,9})*");

    /**
     * Reads a text.
     *
     * @throws BatchNormException if a word has no meaning, or two say the same thing
     */
    static TensorSpec parse(String text) {
        TensorSpec spec = NONE;
        String words = AROUND_COMMAS.matcher(text.strip()).replaceAll(",");
        if (words.isEmpty()) {
            return spec;
        }
        for (String word : SPACE.split(words, -1)) {
            TensorSpec next = spec.with(word, text);
            if (next.equals(spec)) {
                throw new BatchNormException("spec '" + text + "' says " + word + " twice; expected it once");
            }
            spec = next;
        }
        return spec;
    }

    private TensorSpec with(String word, String text) {
        String name = word.toLowerCase(Locale.ROOT);
        switch (name) {
            case "float32", "float64" -> {
                requireNone(dtype, text, "type");
                return new TensorSpec(name.equals("float32") ? Dtype.FLOAT32 : Dtype.FLOAT64, shape, layout, policy);
            }
            case "channels-first", "channels-last" -> {
                requireNone(layout, text, "layout");
                Layout said = name.equals("channels-last") ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST;
                return new TensorSpec(dtype, shape, said, policy);
            }
            case "ignore" -> {
                return new TensorSpec(dtype, shape, layout, NonFinitePolicy.IGNORE);
            }
            default -> {
                if (!AXES.matcher(name).matches()) {
                    throw new BatchNormException(
                            "spec '" + text + "': '" + word + "' is not understood; expected any of"
                                    + " float32 or float64, a shape such as 3,32,32, channels-last, ignore");
                }
                requireNone(shape, text, "shape");
                return new TensorSpec(dtype, name, layout, policy);
            }
        }
    }

    private static void requireNone(@Nullable Object said, String text, String what) {
        if (said != null) {
            throw new BatchNormException("spec '" + text + "' has two words for the " + what + "; expected one");
        }
    }

    /**
     * Options with what is said here.
     *
     * @param ofState the layout of the state whose values these are; null for none
     * @throws IllegalArgumentException if the shape is none
     */
    TensorOptions applyTo(TensorOptions options, @Nullable Layout ofState) {
        TensorOptions with = dtype == null ? options : options.withDtype(dtype);
        with = layout == null ? with : with.withLayout(layout);
        if (shape == null) {
            return with;
        }
        Layout own = layout != null ? layout : ofState != null ? ofState : Layout.CHANNELS_FIRST;
        int[] axes = Arrays.stream(COMMA.split(shape, -1))
                .mapToInt(Integer::parseInt)
                .toArray();
        return with.withShape(SampleShape.of(own, axes));
    }
}
