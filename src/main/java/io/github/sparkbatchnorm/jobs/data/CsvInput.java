package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Csv files as a data set: RFC 4180 with a header, unless options say otherwise.
 *
 * <p>Columns to compute with are numbers. The others keep the text of their fields where they are written as csv again,
 * and otherwise get the type that Spark infers. One scan checks what Spark ignores: that each row has as many cells as
 * the header, and that columns of numbers hold only numbers.
 */
final class CsvInput {
    /** The text of an empty cell without quotes, which differs from an empty text in quotes. */
    private static final String NO_TEXT = "\0";

    private final SparkSession session;
    private final InputSource source;
    private final ReaderOptions given;
    private final ColumnUse use;
    private final boolean keepsText;

    CsvInput(SparkSession session, InputSource source, ColumnUse use) {
        this.session = session;
        this.source = source;
        this.given = new ReaderOptions(source.options());
        this.use = use;
        this.keepsText = use.keepsText() && !Boolean.parseBoolean(given.get("inferSchema", "false"));
    }

    /** The rows as Spark reads them, for their columns and files; types are inferred where they are used. */
    Dataset<Row> first() {
        return load(reader("inferSchema", !keepsText || use.batch() != null));
    }

    /**
     * The rows, with the columns of the header and those of partitioned folders.
     *
     * @param first the rows as Spark reads them
     * @param partitionColumns columns in the names of folders that are written again as they are
     * @throws BatchNormException if a row has another number of cells than the header and is not skipped, or text
     *     stands in a column of numbers
     */
    Dataset<Row> rows(Dataset<Row> first, List<String> partitionColumns) {
        StructType header = first.schema();
        if (header.isEmpty()) {
            return first;
        }
        Set<String> numbers = use.numbersIn(header);
        List<NumberCell> cells = Arrays.stream(header.fields())
                .filter(field -> numbers.contains(field.name()))
                .map(field -> NumberCell.of(field.name(), field.dataType(), given))
                .toList();
        StructType texts = schema(first, numbers, partitionColumns);
        boolean comparable = hasComparableHeaders(first);
        String badRecord = unused("_bad_record", header);
        CsvCheck check = new CsvCheck(withBadRecords(texts, badRecord, comparable), badRecord, cells);
        if (use.handleInvalid() != HandleInvalid.SKIP) {
            check.requireNoBadRow(source.description(), !keepsText);
        }
        check.requireNumbers();
        StructType typed = typed(texts, cells, check);
        Dataset<Row> good = check.badRows() > 0
                ? withBadRecords(typed, badRecord, comparable)
                        .filter(column(badRecord).isNull())
                : load(rowReader(comparable).schema(typed));
        Set<String> batch = keepsText ? use.batchIn(header) : Set.of();
        List<Column> columns = new ArrayList<>();
        int next = 0;
        for (StructField field : header.fields()) {
            boolean number = numbers.contains(field.name());
            columns.add(number ? cells.get(next).values(check.kinds(next)) : other(field, batch));
            next += number ? 1 : 0;
        }
        return good.select(columns.toArray(Column[]::new));
    }

    /** All rows, with one more column for the text of a row that cannot be read. */
    private Dataset<Row> withBadRecords(StructType schema, String badRecord, boolean comparable) {
        // Spark counts the cells of a row only where it reads all of them.
        return load(rowReader(comparable)
                .schema(schema.add(badRecord, DataTypes.StringType))
                .option("columnNameOfCorruptRecord", badRecord)
                .option("columnPruning", false));
    }

    /** The schema in which columns that Spark reads correctly have their type, so that their text is not needed. */
    private static StructType typed(StructType texts, List<NumberCell> cells, CsvCheck check) {
        StructField[] fields = texts.fields().clone();
        for (int i = 0; i < cells.size(); i++) {
            NumberCell cell = cells.get(i);
            if (cell.isSparks(check.kinds(i))) {
                fields[texts.fieldIndex(cell.name())] =
                        DataTypes.createStructField(cell.name(), cell.type(check.kinds(i)), true);
            }
        }
        return new StructType(fields);
    }

    /**
     * The schema in which numbers are texts, which {@link NumberCell} reads, and so are columns that keep their text.
     */
    private StructType schema(Dataset<Row> first, Set<String> numbers, List<String> partitionColumns) {
        Set<String> texts = new HashSet<>(keepsText ? List.of(first.columns()) : partitionColumns);
        return new StructType(Arrays.stream(first.schema().fields())
                .map(field -> numbers.contains(field.name()) || texts.contains(field.name())
                        ? DataTypes.createStructField(field.name(), DataTypes.StringType, true)
                        : field)
                .toArray(StructField[]::new));
    }

    /** A column that is not computed with. A batch column that was read as text gets the type that Spark inferred. */
    private Column other(StructField field, Set<String> batch) {
        Column text = column(field.name());
        if (!batch.contains(field.name()) || field.dataType().equals(DataTypes.StringType)) {
            return text;
        }
        Column value = functions.when(text.isin("", given.get("nullValue", "")).equalTo(false), text);
        Column typed;
        if (field.dataType().equals(DataTypes.DateType) && given.has("dateFormat")) {
            typed = functions.to_date(value, given.get("dateFormat", ""));
        } else if (field.dataType().equals(DataTypes.TimestampType) && given.has("timestampFormat")) {
            typed = functions.to_timestamp(value, given.get("timestampFormat", ""));
        } else {
            typed = value.try_cast(field.dataType());
        }
        return typed.as(field.name());
    }

    /** Spark's csv reader with an option, with a header and RFC 4180 quotes; the user's options win. */
    private DataFrameReader reader(String key, boolean value) {
        return session.read()
                .format(InputFormat.CSV)
                .option("header", true)
                .option("escape", "\"")
                .option(key, value)
                .options(source.options());
    }

    private DataFrameReader rowReader(boolean comparableHeaders) {
        // Spark compares the headers of files where it can.
        DataFrameReader reader = reader("enforceSchema", !comparableHeaders);
        return keepsText ? reader.option("nullValue", NO_TEXT) : reader;
    }

    /**
     * Whether Spark can compare the headers of several files, which it can where it leaves the names as they are.
     * Headers that it cannot compare are compared here.
     *
     * @throws BatchNormException if the headers differ
     */
    private boolean hasComparableHeaders(Dataset<Row> first) {
        boolean several = first.inputFiles().length > 1;
        boolean hasHeader = Boolean.parseBoolean(given.get("header", "true"));
        if (!hasHeader || !CsvHeader.mayBeChanged(first.columns())) {
            return several;
        }
        CsvHeader header = new CsvHeader(
                load(reader("inferSchema", false).option("header", false)), Arrays.asList(first.columns()));
        if (header.isTaken()) {
            return several;
        }
        header.warnOfNames();
        if (several) {
            header.requireSame(source.description());
        }
        return false;
    }

    private Dataset<Row> load(DataFrameReader reader) {
        return reader.load(source.pathArray());
    }

    private static String unused(String name, StructType header) {
        String unused = name;
        while (Arrays.asList(header.fieldNames()).contains(unused)) {
            unused += "_";
        }
        return unused;
    }

    /** A column by its name, whatever characters the name has. */
    static Column column(String name) {
        return functions.col("`" + name.replace("`", "``") + "`");
    }
}
