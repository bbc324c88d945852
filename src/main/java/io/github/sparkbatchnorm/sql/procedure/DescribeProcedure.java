package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** {@code describe}: the columns of a table, and how they can be a tensor. It reads no row. */
final class DescribeProcedure extends JobProcedure {
    private static final StructType RESULT = new StructType()
            .add("column", DataTypes.StringType, false)
            .add("type", DataTypes.StringType, false)
            .add("kind", DataTypes.StringType, false)
            .add("dtype", DataTypes.StringType)
            .add("shape", DataTypes.StringType)
            .add("argument", DataTypes.StringType, false);

    /** The axes of nested arrays, by their number. */
    private static final List<String> AXES = List.of("", "[C]", "[C, L]", "[C, H, W]", "[C, D, H, W]");

    DescribeProcedure() {
        super(
                "describe",
                "The columns of a table, and how they can be a tensor, without a pass over the data. Returns a row for"
                        + " each: column, type, kind (array, nested, vector, binary, image, number, or none), dtype"
                        + " (null where the argument dtype says it), shape (as far as it is known), argument (of fit,"
                        + " stats and normalize; or what would make the column a tensor).",
                1,
                List.of(Argument.TABLE));
    }

    @Override
    ResultRows run(Arguments given, SparkScope spark, Console console) {
        String table = given.required(Argument.TABLE);
        StructType schema =
                new InputSource(List.of(table), InputFormat.TABLE, Map.of()).schema(spark, HandleInvalid.ERROR);
        Dataset<Row> empty = spark.session().createDataFrame(List.of(), schema);
        List<InternalRow> rows = new ArrayList<>();
        for (StructField field : schema.fields()) {
            boolean number = field.dataType() instanceof NumericType || field.dataType() instanceof BooleanType;
            String quoted = "`" + field.name() + "`";
            TensorOptions options =
                    number ? TensorOptions.channelColumns(List.of(quoted)) : TensorOptions.column(quoted);
            try {
                rows.add(row(field, number, TensorDataset.of(empty, options)));
            } catch (BatchNormException | IllegalArgumentException e) {
                rows.add(none(field));
            }
        }
        return new ResultRows(RESULT, rows);
    }

    /** The row of a column that is no tensor: numbers of other types are, when they are cast. */
    private static InternalRow none(StructField field) {
        DataType target = castable(field.dataType());
        return ResultRows.row(
                field.name(),
                field.dataType().catalogString(),
                "none",
                null,
                null,
                target == null ? "none" : "none; a view can CAST it to " + target.sql());
    }

    private static @Nullable DataType castable(DataType type) {
        if (type instanceof ArrayType array) {
            DataType element = castable(array.elementType());
            return element == null ? null : DataTypes.createArrayType(element);
        }
        return type instanceof DecimalType || type instanceof StringType ? DataTypes.DoubleType : null;
    }

    private static InternalRow row(StructField field, boolean number, TensorDataset tensor) {
        DataType type = field.dataType();
        int depth = 0;
        DataType element = type;
        while (element instanceof ArrayType array) {
            element = array.elementType();
            depth++;
        }
        String kind;
        String dtype;
        String shape = "[C]";
        if (number || depth > 0) {
            kind = number ? "number" : depth == 1 ? "array" : "nested";
            dtype = dtype(element);
            shape = AXES.get(depth);
        } else if (type instanceof BinaryType) {
            kind = "binary";
            dtype = null;
        } else if (type instanceof StructType) {
            kind = "image";
            dtype = "uint8";
            shape = "[H, W, C]";
        } else {
            kind = "vector";
            dtype = "float64";
        }
        if (shape.equals("[C]") && tensor.channels().isPresent()) {
            shape = "[" + tensor.channels().getAsInt() + "]";
        }
        return ResultRows.row(
                field.name(),
                type.catalogString(),
                kind,
                dtype,
                number ? null : shape,
                (number ? "columns" : "column") + " => '" + argument(field.name()) + "'");
    }

    /** A name as an argument takes it: in backquotes where it could mean more than a column. */
    private static String argument(String name) {
        String text = name.matches("[A-Za-z0-9_]+") ? name : "`" + name + "`";
        return text.replace("'", "\\'");
    }

    private static String dtype(DataType element) {
        if (element.equals(DataTypes.FloatType)) {
            return "float32";
        }
        return element.equals(DataTypes.DoubleType) ? "float64" : element.simpleString();
    }
}
