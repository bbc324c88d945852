package io.github.sparkbatchnorm.sql.procedure;

import java.util.Locale;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The arguments of procedures: the options of the command line, with underscores. */
enum Argument {
    TABLE(Kind.TEXT, "table, view or temporary view, or parquet.`path`"),
    STATE(
            Kind.TEXT,
            "where the state is written: a name, which the catalog makes a function of, or a path"
                    + " where it has a /"),
    MODE(Kind.TEXT, "train: with the statistics of each batch; eval: with those of state_in"),
    COLUMN(Kind.TEXT, "the tensor column: arrays, nested arrays, vectors, binary or images"),
    COLUMNS(
            Kind.TEXTS,
            "numeric columns, each a channel, instead of column: an"
                    + " array, or a text with commas; 'f_*,!f_id' is a pattern"),
    OUTPUT_TABLE(Kind.TEXT, "the table for the result: all columns of the input, and what is added"),
    OUTPUT_PATH(Kind.TEXT, "a folder for the result, instead of output_table"),
    SHAPE(Kind.TEXT, "of a sample: 'C,H,W'; default: C, from the length"),
    LAYOUT(Kind.TEXT, "channels-first (default) or channels-last"),
    DTYPE(Kind.TEXT, "float32 or float64: what a binary column holds"),
    MODULE(Kind.TEXT, "BatchNorm1d, BatchNorm2d or BatchNorm3d: checks the number of axes"),
    NON_FINITE(Kind.TEXT, "NaN and infinities: propagate (default), fail, skip-batch or ignore"),
    HANDLE_INVALID(Kind.TEXT, "null samples: error (default), skip or keep"),
    BATCH_COLUMN(Kind.TEXT, "rows with the same value are one global batch; default: all rows are one"),
    WHERE(Kind.TEXT, "a condition in SQL: which rows the statistics are of"),
    PRESET(Kind.TEXT, "batch-norm (default), standard-scaler or sklearn"),
    WITH_MEAN(Kind.FLAG, "with a preset: take the mean away; default: false for standard-scaler, true for sklearn"),
    WITH_STD(Kind.FLAG, "with a preset: divide by the standard deviation; default: true"),
    EPS(Kind.NUMBER, "added to the variance; default: 1e-5"),
    MOMENTUM(Kind.NUMBER, "weight of a new batch, from 0 to 1; default: none, the plain average of all"),
    AFFINE(Kind.FLAG, "whether there are weight and bias; default: true"),
    TRACK(Kind.FLAG, "whether running statistics are kept and used; default: true"),
    STATE_IN(Kind.TEXT, "the state to go on from: a name, or a path where it has a /"),
    STATE_OUT(Kind.TEXT, "where the state after the batches is written: as state_in; with mode train"),
    STATE_VERSION(Kind.TEXT, "version of the state file, 1 or 2; default: 2"),
    INVERSE(Kind.FLAG, "with mode eval: back from normalized values to those before"),
    NO_GUARD(
            Kind.FLAG,
            "whether rows are written without a check that they are those of the statistics; default: false"),
    OUTPUT_COLUMN(Kind.TEXT, "name of the column that is added; default: NAME_normalized"),
    OUTPUT_FORMAT(Kind.TEXT, "of the files; default: parquet, or the catalog's for a table"),
    OVERWRITE(Kind.FLAG, "whether what exists is replaced; default: false"),
    EXPECT_DIGEST(Kind.TEXT, "fail, and write nothing, if the statistics have another digest");

    private enum Kind {
        TEXT,
        TEXTS,
        FLAG,
        NUMBER
    }

    private final Kind kind;
    private final String comment;

    Argument(Kind kind, String comment) {
        this.kind = kind;
        this.comment = comment;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    DataType type() {
        return switch (kind) {
            case TEXT -> DataTypes.StringType;
            case TEXTS -> DataTypes.createArrayType(DataTypes.StringType);
            case FLAG -> DataTypes.BooleanType;
            case NUMBER -> DataTypes.DoubleType;
        };
    }

    /**
     * The parameter for it.
     *
     * @param actual the type of the parameter
     */
    ProcedureParameter parameter(boolean required, DataType actual) {
        ProcedureParameter.Builder parameter =
                ProcedureParameter.in(word(), actual).comment(comment);
        return (required ? parameter : parameter.defaultValue("NULL")).build();
    }

    /** A line that describes it. */
    String line(boolean required) {
        return word() + " " + type().sql() + (required ? "" : " DEFAULT NULL") + ": " + comment;
    }
}
