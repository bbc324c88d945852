package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.connector.catalog.CatalogManager;
import org.apache.spark.sql.connector.catalog.CatalogPlugin;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.StagingTableCatalog;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The place of a table in a catalog.
 *
 * @param catalog that has the table, or will have it
 * @param identifier of the table in it
 */
record TablePlace(SparkSession session, TableCatalog catalog, Identifier identifier) {
    private static final Logger LOG = LoggerFactory.getLogger(TablePlace.class);

    /**
     * The place that a name stands for.
     *
     * @throws UsageException if it stands for none, or its catalog has no tables
     */
    static TablePlace of(SparkSession session, String name) {
        List<String> parts = parts(session, name);
        CatalogManager catalogs = session.sessionState().catalogManager();
        CatalogPlugin catalog = catalogs.currentCatalog();
        List<String> rest = parts;
        String[] current = parts.size() == 1 ? catalogs.currentNamespace() : new String[0];
        if (parts.size() > 1 && catalogs.isCatalogRegistered(parts.get(0))) {
            catalog = catalogs.catalog(parts.get(0));
            rest = parts.subList(1, parts.size());
        }
        if (!(catalog instanceof TableCatalog tables)) {
            throw new UsageException(Argument.OUTPUT_TABLE.word() + " " + name + " is in the catalog " + catalog.name()
                    + ", which has no tables; give a table of another one");
        }
        String[] namespace =
                rest.size() == 1 ? current : rest.subList(0, rest.size() - 1).toArray(String[]::new);
        return new TablePlace(session, tables, Identifier.of(namespace, rest.get(rest.size() - 1)));
    }

    private static List<String> parts(SparkSession session, String name) {
        try {
            return CollectionConverters.asJava(
                    session.sessionState().sqlParser().parseMultipartIdentifier(name));
        } catch (ParseException e) {
            throw new UsageException(Argument.OUTPUT_TABLE.word() + " is '" + name
                    + "'; expected the name of a table, such as t or schema.t");
        }
    }

    /** The name for SQL, with all its parts. */
    String sql() {
        return Stream.of(Stream.of(catalog.name()), Arrays.stream(identifier.namespace()), Stream.of(identifier.name()))
                .flatMap(part -> part)
                .map(part -> "`" + part.replace("`", "``") + "`")
                .collect(Collectors.joining("."));
    }

    /** Whether the catalog replaces tables at once. */
    boolean replacesAtOnce() {
        return catalog instanceof StagingTableCatalog;
    }

    /** Whether this is Spark's own catalog. */
    boolean isInSessionCatalog() {
        return catalog.name().equals(CatalogManager.SESSION_CATALOG_NAME());
    }

    boolean exists() {
        return catalog.tableExists(identifier);
    }

    /**
     * Whether a name means a view.
     *
     * @param name as it was given, which a temporary view may have
     */
    boolean isView(String name) {
        try {
            return session.catalog().tableExists(name)
                    && session.catalog().getTable(name).tableType().matches("VIEW|TEMPORARY");
        } catch (AnalysisException e) {
            return false; // it disappeared
        }
    }

    /** A place for a new table in the same namespace. */
    TablePlace beside() {
        String free =
                identifier.name() + "_batchnorm_" + UUID.randomUUID().toString().replace('-', '_');
        return new TablePlace(session, catalog, Identifier.of(identifier.namespace(), free));
    }

    /**
     * Renames this table to a name that is free.
     *
     * @param target in words
     * @throws BatchNormException if it is not free any more, or the catalog does not rename
     */
    void renameTo(TablePlace to, String target) {
        try {
            catalog.renameTable(identifier, to.identifier);
        } catch (TableAlreadyExistsException e) {
            throw new BatchNormException(
                    target + " appeared meanwhile; give another name, or overwrite => true to replace it", e);
        } catch (NoSuchTableException | RuntimeException e) {
            throw new BatchNormException(target + " cannot be made: " + ErrorLine.reason(e), e);
        }
    }

    /**
     * Puts this table in the place of another one: the old one aside, this one in, the old one dropped.
     *
     * @param target in words
     * @throws BatchNormException if that fails; the old table is there then, or the message says where
     */
    void replace(TablePlace old, String target) {
        TablePlace aside = old.beside();
        old.uncache();
        try {
            catalog.renameTable(old.identifier, aside.identifier);
        } catch (NoSuchTableException | TableAlreadyExistsException | RuntimeException e) {
            throw new BatchNormException(
                    target + " cannot be replaced: " + ErrorLine.reason(e) + "; nothing was changed", e);
        }
        try {
            catalog.renameTable(identifier, old.identifier);
        } catch (NoSuchTableException | TableAlreadyExistsException | RuntimeException e) {
            throw new BatchNormException(
                    target + " cannot be replaced: " + ErrorLine.reason(e) + "; " + aside.putBack(old), e);
        }
        session.catalog().refreshTable(old.sql()); // what Spark knows of the name is the old table
        aside.drop();
    }

    /** Renames this table back, and says where it is. */
    private String putBack(TablePlace old) {
        try {
            catalog.renameTable(identifier, old.identifier);
            return "nothing was changed";
        } catch (NoSuchTableException | TableAlreadyExistsException | RuntimeException e) {
            return "the old table is " + sql() + " now, since it cannot be renamed back (" + ErrorLine.reason(e) + ")";
        }
    }

    private void uncache() {
        if (session.catalog().isCached(sql())) {
            session.catalog().uncacheTable(sql());
        }
    }

    /** Drops the table, if it is there; a failure is logged, since what matters is done. */
    void drop() {
        try {
            session.sql("DROP TABLE IF EXISTS " + sql());
        } catch (RuntimeException e) {
            LOG.warn("the table {} could not be dropped: drop it by hand", sql(), e);
        }
    }
}
