package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Choice;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** The values of one call. Null, which is the default of all but the first ones, is not given. */
final class Arguments {
    private final Map<Argument, Object> values = new EnumMap<>(Argument.class);

    /**
     * Reads the values of a call.
     *
     * @param arguments of the procedure, in their order
     * @param row the values in that order
     */
    Arguments(List<Argument> arguments, InternalRow row) {
        for (int i = 0; i < arguments.size(); i++) {
            if (!row.isNullAt(i)) {
                values.put(arguments.get(i), value(arguments.get(i), row, i));
            }
        }
    }

    private static Object value(Argument argument, InternalRow row, int i) {
        if (argument.type().equals(DataTypes.BooleanType)) {
            return row.getBoolean(i);
        }
        if (argument.type().equals(DataTypes.DoubleType)) {
            return row.getDouble(i);
        }
        return row.get(i, null) instanceof ArrayData array
                ? texts(argument, array)
                : row.getUTF8String(i).toString();
    }

    private static List<String> texts(Argument argument, ArrayData array) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < array.numElements(); i++) {
            if (array.isNullAt(i)) {
                throw new UsageException(argument.word() + " has a null; expected names of columns");
            }
            texts.add(array.getUTF8String(i).toString());
        }
        return texts;
    }

    boolean has(Argument argument) {
        return values.containsKey(argument);
    }

    /** A text; null if it is not given. */
    @Nullable
    String text(Argument argument) {
        return (String) values.get(argument);
    }

    /**
     * A text that must be given.
     *
     * @throws UsageException if it is null or blank
     */
    String required(Argument argument) {
        String text = text(argument);
        if (text == null || text.isBlank()) {
            throw new UsageException(argument.word() + " is " + (text == null ? "null" : "empty") + "; give its name");
        }
        return text;
    }

    /** A number as text; null if it is not given. */
    @Nullable
    String number(Argument argument) {
        Object value = values.get(argument);
        return value == null ? null : value.toString();
    }

    /** A flag; null if it is not given. */
    @Nullable
    Boolean flag(Argument argument) {
        return (Boolean) values.get(argument);
    }

    /** Whether a flag is given and true. */
    boolean isTrue(Argument argument) {
        return Boolean.TRUE.equals(flag(argument));
    }

    /** Whether a flag is given and false. */
    boolean isFalse(Argument argument) {
        return Boolean.FALSE.equals(flag(argument));
    }

    /** Names of columns, which may have commas between them; empty if they are not given. */
    List<String> texts(Argument argument) {
        Object value = values.get(argument);
        if (value instanceof List<?> several) {
            return several.stream().map(String.class::cast).toList();
        }
        return value == null ? List.of() : List.of((String) value);
    }

    /**
     * One of some constants, whose words are those of the command line.
     *
     * @param absent what stands for a value that is not given
     * @throws UsageException if the text is none of the words
     */
    <E extends Enum<E>> @Nullable E choice(Argument argument, Class<E> type, @Nullable E absent) {
        String text = text(argument);
        if (text == null) {
            return absent;
        }
        Choice<E> choice = Choice.of(type);
        E found = choice.find(text);
        if (found == null) {
            throw new UsageException(argument.word() + " is '" + text + "'; expected one of " + choice.words());
        }
        return found;
    }
}
