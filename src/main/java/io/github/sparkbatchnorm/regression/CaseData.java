package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.rows.TensorColumns;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The data of a case, as jobs and references read it.
 *
 * @param arguments the options of jobs that name and describe the data
 * @param gradientArguments those that name the gradients; empty without gradients
 * @param rows the data
 * @param options of the tensor
 * @param x the tensor, in the data and in all outputs
 * @param dy the gradients; null without
 * @param results the names of columns that hold y and dx
 */
record CaseData(
        List<String> arguments,
        List<String> gradientArguments,
        Dataset<Row> rows,
        TensorOptions options,
        TensorColumns x,
        @Nullable TensorColumns dy,
        Results results) {
    /** The column of a struct with copies of channel columns, which outputs have in their place. */
    static final String COPIES = "regression_input";

    /** The column of y or dx, where it is one. */
    static final String RESULT = "regression_result";

    /** A name as Spark takes it, whatever is in it. */
    static String quoted(String name) {
        return "`" + name.replace("`", "``") + "`";
    }

    /** A text of an option as Spark takes it: a column of exactly that name wins. */
    static String forSpark(StructType schema, String text) {
        return List.of(schema.fieldNames()).contains(text) ? quoted(text) : text;
    }

    /**
     * The columns of outputs.
     *
     * @param y of normalize
     * @param dx of backward
     */
    record Results(List<String> y, List<String> dx) {
        /** Takes the names as Spark has them, and keeps them in backquotes. */
        Results {
            y = y.stream().map(CaseData::quoted).toList();
            dx = dx.stream().map(CaseData::quoted).toList();
        }
    }

    CaseData {
        arguments = List.copyOf(arguments);
        gradientArguments = List.copyOf(gradientArguments);
    }

    @Nullable
    String batchColumn() {
        return options.batchColumn().orElse(null);
    }

    /** How the library reads a result. */
    TensorOptions optionsOf(List<String> columns) {
        TensorOptions of = options.isChannelPerColumn()
                ? TensorOptions.channelColumns(columns)
                : TensorOptions.column(columns.get(0));
        of = of.withHandleInvalid(options.handleInvalid());
        of = options.shape().isPresent() ? of.withShape(options.shape().get()) : of;
        of = options.layout().isPresent() ? of.withLayout(options.layout().get()) : of;
        Dtype dtype = options.dtype().orElse(null);
        of = dtype == null ? of : of.withDtype(dtype);
        return options.batchColumn().isPresent()
                ? of.withBatchColumn(options.batchColumn().get())
                : of;
    }

    /** How references read a result. */
    TensorColumns columnsOf(List<String> columns) {
        return new TensorColumns(columns, x.channelPerColumn(), x.channelsLast(), x.dtype());
    }
}
