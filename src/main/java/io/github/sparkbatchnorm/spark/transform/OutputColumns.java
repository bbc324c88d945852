package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.codec.ColumnPath;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.shims.AnalyzedPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/** Adds output columns to a data set, which a function makes of each row. */
final class OutputColumns {
    private OutputColumns() {}

    /**
     * Adds one column, or a column for each channel column. Rows with nulls are dropped where the tensor skips them.
     *
     * @param reader of the columns that the function needs
     * @param names of the output columns; with channel columns one that exists is replaced in place
     * @param function made for the type of its argument
     */
    static Dataset<Row> add(
            Dataset<Row> data, ColumnReader reader, List<String> names, Function<StructType, TensorFunction> function) {
        Dataset<Row> rows = reader.tensor().dropsInvalid() ? withoutInvalid(data, reader) : data;
        Column[] columns = reader.columns(rows);
        return TensorFunctionCatalog.call(
                data.sparkSession(),
                function.apply(rows.select(columns).schema()),
                columns,
                call -> AnalyzedPlan.of(
                        reader.tensor().isChannelPerColumn()
                                ? withChannelColumns(rows, names, call)
                                : rows.withColumn(names.get(0), call)));
    }

    private static Dataset<Row> withoutInvalid(Dataset<Row> data, ColumnReader reader) {
        ColumnReader bare = new ColumnReader(reader.tensor(), reader.gradients(), false);
        Column[] columns = bare.columns(data);
        RowFilterFunction function = new RowFilterFunction(data.select(columns).schema(), bare);
        return TensorFunctionCatalog.call(data.sparkSession(), function, columns, data::filter);
    }

    private static Dataset<Row> withChannelColumns(Dataset<Row> rows, List<String> names, Column call) {
        String struct = "spark_batchnorm_" + System.identityHashCode(call);
        Dataset<Row> withStruct = rows.withColumn(struct, call);
        Map<String, Column> output = new LinkedHashMap<>();
        for (String name : rows.columns()) {
            output.put(name, functions.col(ColumnPath.quote(name)));
        }
        for (int c = 0; c < names.size(); c++) {
            output.put(names.get(c), functions.col(struct).getField("c" + c).as(names.get(c)));
        }
        return withStruct.select(output.values().toArray(Column[]::new));
    }
}
