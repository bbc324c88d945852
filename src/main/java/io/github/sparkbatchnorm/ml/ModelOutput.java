package io.github.sparkbatchnorm.ml;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.sql.functions.array;

import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.TensorOutput;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.attribute.NumericAttribute;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The columns that a state adds to data, by params.
 *
 * @param params which columns
 * @param state normalizes them
 * @param isInverse whether it denormalizes them instead
 */
record ModelOutput(BatchNormParams<?> params, BatchNormState state, boolean isInverse) {
    /** What a model gives. */
    enum Kind {
        NORMALIZED,
        DENORMALIZED,
        STATISTICS,
        SUMMARY,
        STATE,
        STATE_JSON
    }

    /** No rows of a schema: to learn what becomes of it. */
    static Dataset<Row> empty(StructType schema) {
        return SparkSession.active().createDataFrame(List.of(), schema);
    }

    /**
     * Checks that the output of data will have columns of its own.
     *
     * @throws IllegalArgumentException if there is a column of a name that is to be new
     */
    static void requireNew(BatchNormParams<?> params, TensorDataset x) {
        if (isVectorOfColumns(params)) {
            x.requireNew(params.getOutputCol());
        } else {
            x.normalizedColumns(params.getOutputCol());
        }
    }

    private static boolean isVectorOfColumns(BatchNormParams<?> params) {
        return params.isSet(params.inputCols()) && params.isSet(params.outputCol());
    }

    /** The data with the output; lazy. */
    Dataset<Row> of(Dataset<Row> data) {
        ColumnOptions columns = ParamSet.columns(params);
        TensorOptions options = columns.tensorOptions("", state);
        if (isVectorOfColumns(params)) {
            return vector(data, options, columns);
        }
        String output = params.getOutputCol();
        Dataset<Row> with = values(data, options, columns).inPlan();
        StructField input = inputField(data.schema(), options);
        return !options.isChannelPerColumn() && input.dataType().equals(SQLDataTypes.VectorType())
                ? with.withMetadata(output, attributes(input, output))
                : with;
    }

    private TensorOutput values(Dataset<Row> data, TensorOptions options, ColumnOptions columns) {
        TensorDataset x = TensorDataset.of(data, options).withNonFinite(columns.nonFinite);
        String output = params.getOutputCol();
        return isInverse ? x.denormalize(state, output) : x.normalize(state, output);
    }

    private static StructField inputField(StructType schema, TensorOptions options) {
        String column = TensorDataset.columnOf(schema, options.columns().get(0)).orElseThrow();
        return schema.apply(column);
    }

    /** The names of a vector's channels; what else its attributes say of the values is no longer so. */
    private Metadata attributes(StructField input, String output) {
        AttributeGroup of = AttributeGroup.fromStructField(input);
        AttributeGroup channels = new AttributeGroup(output, state.numFeatures());
        if (of.attributes().isDefined() && of.size() == state.numFeatures()) {
            Attribute[] names = new Attribute[of.size()];
            for (int c = 0; c < names.length; c++) {
                Attribute channel = NumericAttribute.defaultAttr().withIndex(c);
                names[c] = of.apply(c).name().isDefined()
                        ? channel.withName(of.apply(c).name().get())
                        : channel;
            }
            channels = new AttributeGroup(output, names);
        }
        return channels.toMetadata();
    }

    /**
     * One vector of all channel columns, which stay as they are. Floats are made doubles before: the values of a vector
     * are doubles. A null that is kept is NaN there, as VectorAssembler has it.
     */
    private Dataset<Row> vector(Dataset<Row> data, TensorOptions options, ColumnOptions columns) {
        String output = params.getOutputCol();
        StructType schema = data.schema();
        TensorDataset.of(data, options).requireNew(output);
        Map<String, String> kept = new LinkedHashMap<>();
        for (String text : options.columns()) {
            TensorDataset.columnOf(schema, text).ifPresent(name -> kept.put(name, params.uid() + "__" + name));
        }
        List<Column> before = new ArrayList<>();
        List<Column> after = new ArrayList<>();
        for (StructField field : schema.fields()) {
            Column column = data.col(quoted(field.name()));
            String keptAs = kept.get(field.name());
            boolean isFloat = keptAs != null && field.dataType().equals(DataTypes.FloatType);
            before.add(isFloat ? column.cast(DataTypes.DoubleType).as(field.name()) : column);
            after.add(keptAs == null ? col(field.name()) : col(keptAs).as(field.name(), field.metadata()));
        }
        kept.forEach((name, as) -> before.add(data.col(quoted(name)).as(as)));
        TensorOutput made = values(data.select(before.toArray(Column[]::new)), options, columns);
        boolean keepsNulls = options.handleInvalid() == HandleInvalid.KEEP; // a vector holds none
        Column[] channels = made.columns().stream()
                .map(ModelOutput::col)
                .map(channel -> keepsNulls ? functions.coalesce(channel, functions.lit(Double.NaN)) : channel)
                .toArray(Column[]::new);
        after.add(array_to_vector(array(channels)).as(output, names(output, options.columns())));
        return made.inPlan().select(after.toArray(Column[]::new));
    }

    private static Metadata names(String output, List<String> columns) {
        Attribute[] names = new Attribute[columns.size()];
        for (int c = 0; c < names.length; c++) {
            names[c] = NumericAttribute.defaultAttr().withIndex(c).withName(columns.get(c));
        }
        return new AttributeGroup(output, names).toMetadata();
    }

    private static Column col(String name) {
        return functions.col(quoted(name));
    }

    private static String quoted(String name) {
        return "`" + name.replace("`", "``") + "`";
    }
}
