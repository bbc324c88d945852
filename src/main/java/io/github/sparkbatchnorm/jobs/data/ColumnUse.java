package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * What a command does with the columns of its input. Sources without types are read by it, and partitioned folders that
 * are replaced.
 *
 * @param numbers texts that name the columns that are computed with: the tensor's and the gradients'
 * @param batch text that names the batch column; null if there is none
 * @param handleInvalid what happens to a row that cannot be read
 * @param keepsText whether the other columns are written as text, or not at all, so that their types do not matter
 * @param inPlace whether the output takes the place of the input
 */
record ColumnUse(
        List<String> numbers, @Nullable String batch, HandleInvalid handleInvalid, boolean keepsText, boolean inPlace) {
    ColumnUse {
        numbers = List.copyOf(numbers);
    }

    /** The columns of a schema that are computed with. What names none is for others to refuse. */
    Set<String> numbersIn(StructType schema) {
        return columns(schema, numbers);
    }

    /** The batch column of a schema, if there is one. */
    Set<String> batchIn(StructType schema) {
        return columns(schema, batch == null ? List.of() : List.of(batch));
    }

    private static Set<String> columns(StructType schema, List<String> texts) {
        Set<String> columns = new HashSet<>();
        texts.forEach(text -> TensorColumn.columnOf(schema, text).ifPresent(columns::add));
        return columns;
    }

    /** A schema in which the values of some columns are texts, unless they are computed with or tell batches apart. */
    StructType asText(StructType schema, List<String> columns) {
        Set<String> typed = numbersIn(schema);
        typed.addAll(batchIn(schema));
        return new StructType(Arrays.stream(schema.fields())
                .map(field -> columns.contains(field.name()) && !typed.contains(field.name())
                        ? new StructField(field.name(), DataTypes.StringType, field.nullable(), field.metadata())
                        : field)
                .toArray(StructField[]::new));
    }
}
