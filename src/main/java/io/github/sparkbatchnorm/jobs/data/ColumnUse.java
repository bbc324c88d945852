package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The use that a command makes of the columns of its input. It decides how sources without types are read, and
 * partitioned folders that the output replaces.
 *
 * @param numbers texts that name the columns to compute with: those of the tensor and of the gradients
 * @param batch the text that names the batch column; null if there is none
 * @param handleInvalid what happens to a row that cannot be read
 * @param keepsText whether the other columns are written as text, or not at all, so that their types do not matter
 * @param inPlace whether the output replaces the input
 */
record ColumnUse(
        List<String> numbers, @Nullable String batch, HandleInvalid handleInvalid, boolean keepsText, boolean inPlace) {
    ColumnUse {
        numbers = List.copyOf(numbers);
    }

    /** The columns of a schema to compute with. Texts that name no column are ignored here. */
    Set<String> numbersIn(StructType schema) {
        return columns(schema, numbers);
    }

    /** The batch column of a schema; empty if there is none. */
    Set<String> batchIn(StructType schema) {
        return columns(schema, batch == null ? List.of() : List.of(batch));
    }

    private static Set<String> columns(StructType schema, List<String> texts) {
        Set<String> columns = new HashSet<>();
        texts.forEach(text -> TensorDataset.columnOf(schema, text).ifPresent(columns::add));
        return columns;
    }

    /** A schema in which some columns are texts, except those to compute with and the batch column. */
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
