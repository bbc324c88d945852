package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.io.StateFormat;
import io.github.sparkbatchnorm.jobs.console.Choice;
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
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts the word of an option with a fixed choice, such as {@code channels-last}, to a constant. */
final class ChoiceConverter<E extends Enum<E>> implements ITypeConverter<E> {
    private final Choice<E> choice;

    private ChoiceConverter(Class<E> type) {
        choice = Choice.of(type);
    }

    private static <E extends Enum<E>> void register(CommandLine commandLine, Class<E> type) {
        commandLine.registerConverter(type, new ChoiceConverter<>(type));
    }

    /** Registers the converters of all options with a fixed choice. */
    static void registerAll(CommandLine commandLine) {
        register(commandLine, BatchNormMode.class);
        register(commandLine, SampleShape.Layout.class);
        register(commandLine, StateFormat.class);
        register(commandLine, Dtype.class);
        register(commandLine, NonFinitePolicy.class);
        register(commandLine, HandleInvalid.class);
        register(commandLine, PresetOptions.Name.class);
        register(commandLine, StateVersionOption.Version.class);
        register(commandLine, Kind.class);
        register(commandLine, Profile.class);
        register(commandLine, BatchNormModule.class);
    }

    @Override
    public E convert(String text) {
        E found = choice.find(text);
        if (found == null) {
            throw new TypeConversionException("expected " + choice.words() + ", found '" + text + "'");
        }
        return found;
    }
}
