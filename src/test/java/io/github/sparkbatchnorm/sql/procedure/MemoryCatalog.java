package io.github.sparkbatchnorm.sql.procedure;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.StagedTable;
import org.apache.spark.sql.connector.catalog.StagingTableCatalog;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.V1Scan;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.SupportsTruncate;
import org.apache.spark.sql.connector.write.V1Write;
import org.apache.spark.sql.connector.write.Write;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.sources.InsertableRelation;
import org.apache.spark.sql.sources.TableScan;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A catalog with tables in memory. It replaces no table at once, but renames. */
public class MemoryCatalog implements TableCatalog {
    /** What fails: it gets each step, such as {@code rename a b}, before it is done, and may throw. */
    private static volatile Consumer<String> before = step -> {};

    final ConcurrentMap<String, MemoryTable> tables = new ConcurrentHashMap<>();
    private String name = "";

    /** Gives a session both kinds of catalogs, without tables. */
    static void register(SparkSession session) {
        before = step -> {};
        session.conf().set("spark.sql.catalog.proc_renaming", MemoryCatalog.class.getName());
        session.conf().set("spark.sql.catalog.proc_staging", Staging.class.getName());
        of(session, "proc_renaming").tables.clear();
        of(session, "proc_staging").tables.clear();
    }

    static MemoryCatalog of(SparkSession session, String name) {
        return (MemoryCatalog) session.sessionState().catalogManager().catalog(name);
    }

    static void failBefore(Consumer<String> step) {
        before = step;
    }

    @Override
    public void initialize(String given, CaseInsensitiveStringMap options) {
        name = given;
    }

    @Override
    public String name() {
        return name;
    }

    /** The names of all tables, in order. */
    List<String> names() {
        return List.copyOf(new TreeSet<>(tables.keySet()));
    }

    @Override
    public Identifier[] listTables(String[] namespace) {
        return names().stream().map(table -> Identifier.of(namespace, table)).toArray(Identifier[]::new);
    }

    @Override
    public Table loadTable(Identifier identifier) throws NoSuchTableException {
        Table found = tables.get(identifier.toString());
        if (found == null) {
            throw new NoSuchTableException(identifier);
        }
        return found;
    }

    @Override
    public Table createTable(Identifier identifier, TableInfo info) throws TableAlreadyExistsException {
        before.accept("create " + identifier);
        MemoryTable made = new MemoryTable(identifier.toString(), info.columns());
        if (tables.putIfAbsent(identifier.toString(), made) != null) {
            throw new TableAlreadyExistsException(identifier);
        }
        return made;
    }

    @Override
    public Table alterTable(Identifier identifier, TableChange... changes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean dropTable(Identifier identifier) {
        before.accept("drop " + identifier);
        return tables.remove(identifier.toString()) != null;
    }

    @Override
    public void renameTable(Identifier from, Identifier to) throws NoSuchTableException, TableAlreadyExistsException {
        before.accept("rename " + from + " " + to);
        synchronized (this) {
            if (tables.containsKey(to.toString())) {
                throw new TableAlreadyExistsException(to);
            }
            MemoryTable found = tables.remove(from.toString());
            if (found == null) {
                throw new NoSuchTableException(from);
            }
            tables.put(to.toString(), found);
        }
    }

    /** Reads the rows that a table had when the query was planned. */
    private record Reading(StructType readSchema, List<Row> rows) implements V1Scan {
        @Override
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"
        }) // T is what Spark makes of the two types that the relation has
        public <T extends BaseRelation & TableScan> T toV1TableScan(SQLContext context) {
            return (T) new Relation(context, readSchema, rows);
        }
    }

    private static final class Relation extends BaseRelation implements TableScan {
        private final SQLContext context;
        private final StructType schema;
        private final List<Row> rows;

        Relation(SQLContext context, StructType schema, List<Row> rows) {
            this.context = context;
            this.schema = schema;
            this.rows = rows;
        }

        @Override
        public SQLContext sqlContext() {
            return context;
        }

        @Override
        public StructType schema() {
            return schema;
        }

        @Override
        public RDD<Row> buildScan() {
            return JavaSparkContext.fromSparkContext(context.sparkContext())
                    .parallelize(rows)
                    .rdd();
        }
    }

    /** A table and its rows. */
    static class MemoryTable implements SupportsRead, SupportsWrite {
        private final String name;
        private final Column[] columns;
        private volatile List<Row> rows = List.of();

        MemoryTable(String name, Column[] columns) {
            this.name = name;
            this.columns = columns;
        }

        List<Row> rows() {
            return rows;
        }

        List<String> columnNames() {
            return Arrays.stream(columns).map(Column::name).toList();
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Column[] columns() {
            return columns.clone();
        }

        @Override
        public Set<TableCapability> capabilities() {
            return Set.of(TableCapability.BATCH_READ, TableCapability.V1_BATCH_WRITE, TableCapability.TRUNCATE);
        }

        @Override
        public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
            return () -> new Reading(CatalogV2Util.v2ColumnsToStructType(columns), rows);
        }

        @Override
        public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
            return new Replacing();
        }

        private final class Replacing implements SupportsTruncate {
            @Override
            public WriteBuilder truncate() {
                return this;
            }

            @Override
            public Write build() {
                return new V1Write() {
                    @Override
                    public InsertableRelation toInsertableRelation() {
                        return (data, overwrite) -> rows = data.collectAsList();
                    }
                };
            }
        }
    }

    /** The same, but it replaces tables at once. */
    public static final class Staging extends MemoryCatalog implements StagingTableCatalog {
        @Override
        public StagedTable stageCreate(Identifier identifier, TableInfo info) throws TableAlreadyExistsException {
            if (tables.containsKey(identifier.toString())) {
                throw new TableAlreadyExistsException(identifier);
            }
            return new Staged(tables, identifier.toString(), info.columns(), true);
        }

        @Override
        public StagedTable stageReplace(Identifier identifier, TableInfo info) {
            return stageCreateOrReplace(identifier, info);
        }

        @Override
        public StagedTable stageCreateOrReplace(Identifier identifier, TableInfo info) {
            return new Staged(tables, identifier.toString(), info.columns(), false);
        }

        @Override
        public void renameTable(Identifier from, Identifier to) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Staged extends MemoryTable implements StagedTable {
        private final Map<String, MemoryTable> tables;
        private final boolean isNew;

        Staged(Map<String, MemoryTable> tables, String name, Column[] columns, boolean isNew) {
            super(name, columns);
            this.tables = tables;
            this.isNew = isNew;
        }

        @Override
        public void commitStagedChanges() {
            before.accept("commit " + name());
            if (!isNew) {
                tables.put(name(), this);
            } else if (tables.putIfAbsent(name(), this) != null) {
                throw new IllegalStateException("table " + name() + " was made by another writer");
            }
        }

        @Override
        public void abortStagedChanges() {
            // Nobody else knows of it.
        }
    }
}
