package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.HandleInvalid;
import java.util.ArrayList;
import java.util.Arrays;
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
 * <p>Columns that are computed with are numbers. The others are the text of their field where they are written as csv
 * again, else of the type that Spark infers. One scan checks what Spark passes over in silence: that each row has as
 * many cells as the header, and that columns of numbers hold nothing else.
 */
final class CsvInput {
    /** Stands for an empty cell without quotes, so that it differs from an empty text in quotes. */
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

    /**
     * The rows, with the columns of the header and those of partitioned folders.
     *
     * @throws BatchNormException if rows have other numbers of cells than the header and are not skipped, or text
     *     stands in a column of numbers
     */
    Dataset<Row> open() {
        Dataset<Row> first = load(reader("inferSchema", !keepsText || use.batch() != null));
        StructType header = first.schema();
        if (header.isEmpty()) {
            return first;
        }
        Set<String> numbers = use.numbersIn(header);
        StructType schema = schema(first, numbers);
        boolean several = first.inputFiles().length > 1 && Boolean.parseBoolean(given.get("header", "true"));
        boolean comparable = several && hasPlainNames(first);
        String badRecord = unused("_bad_record", header);
        // Spark counts the cells of a row only where it reads all of them.
        Dataset<Row> rows = load(rowReader(comparable)
                .schema(schema.add(badRecord, DataTypes.StringType))
                .option("columnNameOfCorruptRecord", badRecord)
                .option("columnPruning", false));
        List<NumberCell> cells = Arrays.stream(header.fields())
                .filter(field -> numbers.contains(field.name()))
                .map(field -> NumberCell.of(field.name(), field.dataType(), given))
                .toList();
        CsvCheck check = new CsvCheck(rows, badRecord, cells);
        if (use.handleInvalid() != HandleInvalid.SKIP) {
            check.requireNoBadRow(source.description());
        }
        check.requireNumbers();
        if (several && !comparable) {
            requireSameHeaders(cells);
        }
        Dataset<Row> good = check.badRows() > 0
                ? rows.filter(column(badRecord).isNull())
                : load(rowReader(comparable).schema(schema));
        List<Column> columns = new ArrayList<>();
        int next = 0;
        for (String name : header.fieldNames()) {
            boolean number = numbers.contains(name);
            columns.add(number ? cells.get(next).values(check.kinds(next)) : column(name));
            next += number ? 1 : 0;
        }
        return good.select(columns.toArray(Column[]::new));
    }

    /** Numbers are read as text, too: what is one, {@link NumberCell} says. */
    private StructType schema(Dataset<Row> first, Set<String> numbers) {
        StructType others =
                use.asText(first.schema(), keepsText ? List.of(first.columns()) : source.partitionFolders(first, use));
        return new StructType(Arrays.stream(others.fields())
                .map(field -> numbers.contains(field.name())
                        ? DataTypes.createStructField(field.name(), DataTypes.StringType, true)
                        : field)
                .toArray(StructField[]::new));
    }

    /** Spark's reader with an option and what users of csv expect; the user's options win. */
    private DataFrameReader reader(String key, boolean value) {
        return session.read()
                .format(InputFormat.CSV)
                .option("header", true)
                .option("escape", "\"")
                .option(key, value)
                .options(source.options());
    }

    private DataFrameReader rowReader(boolean comparableHeaders) {
        // Files with other headers are an error, where Spark can tell.
        DataFrameReader reader = reader("enforceSchema", !comparableHeaders);
        boolean batchHasNulls = given.has("nullValue") && use.batch() != null;
        return keepsText && !batchHasNulls ? reader.option("nullValue", NO_TEXT) : reader;
    }

    /** Whether Spark takes the names of the header as they are: it makes others that are empty or there twice. */
    private boolean hasPlainNames(Dataset<Row> first) {
        Row raw = load(reader("inferSchema", false).option("header", false)).head();
        String[] names = first.columns(); // those of folders stand at the end
        for (int i = 0; i < raw.length() && raw.schema().fieldNames()[i].equals("_c" + i); i++) {
            if (raw.isNullAt(i) || !raw.getString(i).equals(names[i])) {
                return false;
            }
        }
        return true;
    }

    /** Where Spark cannot compare headers, it still takes those that differ from the first one for values. */
    private void requireSameHeaders(List<NumberCell> cells) {
        StructType seen = load(reader("inferSchema", true)).schema();
        for (NumberCell cell : cells) {
            if (seen.apply(cell.name()).dataType().equals(DataTypes.StringType)) {
                throw new BatchNormException("input " + source.description() + ": column " + cell.name()
                        + " is not all numbers, or the files have other columns; expected files with one header: give"
                        + " each column a name of its own, so that headers can be compared");
            }
        }
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

    /** A column by its name, whatever that is. */
    static Column column(String name) {
        return functions.col("`" + name.replace("`", "``") + "`");
    }
}
