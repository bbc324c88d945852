package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.io.StateFormat;
import io.github.sparkbatchnorm.jobs.work.PresetOptions;
import io.github.sparkbatchnorm.jobs.work.StateVersionOption;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.regression.generate.Kind;
import io.github.sparkbatchnorm.regression.generate.Profile;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts the word of an option with a fixed choice, such as {@code channels-last}, to a constant. */
final class ChoiceConverter<E extends Enum<E>> implements ITypeConverter<E> {
    private final E[] values;
    private final Function<E, String> word;

    private ChoiceConverter(E[] values, Function<E, String> word) {
        this.values = values.clone();
        this.word = word;
    }

    /** A converter of the words that {@code toString} gives. */
    private static <E extends Enum<E>> ChoiceConverter<E> asPrinted(E[] values) {
        return new ChoiceConverter<>(values, E::toString);
    }

    /** A converter of words like {@code skip-batch} for {@code SKIP_BATCH}. */
    private static <E extends Enum<E>> ChoiceConverter<E> hyphenated(E[] values) {
        return new ChoiceConverter<>(
                values, value -> value.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }

    /** Registers the converters of all options with a fixed choice. */
    static void registerAll(CommandLine commandLine) {
        commandLine.registerConverter(BatchNormMode.class, hyphenated(BatchNormMode.values()));
        commandLine.registerConverter(SampleShape.Layout.class, asPrinted(SampleShape.Layout.values()));
        commandLine.registerConverter(StateFormat.class, hyphenated(StateFormat.values()));
        commandLine.registerConverter(Dtype.class, hyphenated(Dtype.values()));
        commandLine.registerConverter(NonFinitePolicy.class, hyphenated(NonFinitePolicy.values()));
        commandLine.registerConverter(HandleInvalid.class, hyphenated(HandleInvalid.values()));
        commandLine.registerConverter(PresetOptions.Name.class, hyphenated(PresetOptions.Name.values()));
        commandLine.registerConverter(StateVersionOption.Version.class, asPrinted(StateVersionOption.Version.values()));
        commandLine.registerConverter(Kind.class, hyphenated(Kind.values()));
        commandLine.registerConverter(Profile.class, hyphenated(Profile.values()));
        commandLine.registerConverter(BatchNormModule.class, asPrinted(BatchNormModule.values()));
    }

    @Override
    public E convert(String text) {
        List<String> words = new ArrayList<>();
        for (E value : values) {
            if (word.apply(value).equals(text)) {
                return value;
            }
            words.add(word.apply(value));
        }
        throw new TypeConversionException("expected " + String.join(", ", words) + ", found '" + text + "'");
    }
}
