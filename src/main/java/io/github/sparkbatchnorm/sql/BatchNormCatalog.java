package io.github.sparkbatchnorm.sql;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.sql.number.NumberFunctions;
import io.github.sparkbatchnorm.sql.procedure.Procedures;
import io.github.sparkbatchnorm.sql.state.StateFolder;
import io.github.sparkbatchnorm.sql.state.StateTable;
import io.github.sparkbatchnorm.sql.tensor.TensorFunctions;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.NamespaceChange;
import org.apache.spark.sql.connector.catalog.ProcedureCatalog;
import org.apache.spark.sql.connector.catalog.SupportsNamespaces;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.connector.catalog.procedures.UnboundProcedure;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The catalog {@code bn}: functions on tensors and numbers, a function for each state in the folder of models and one
 * for its inverse, and the states as tables in the namespace {@code states}.
 *
 * <p>A session that has the library's jar from its start has this catalog without any setting; any other session gets
 * it by {@code spark.sql.catalog.bn=io.github.sparkbatchnorm.sql.BatchNormCatalog}.
 */
public final class BatchNormCatalog implements FunctionCatalog, ProcedureCatalog, TableCatalog, SupportsNamespaces {
    private static final String STATES = "states";
    private static final String SYSTEM = "system";

    private final Map<String, UnboundFunction> functions = new TreeMap<>();
    private final Map<String, UnboundProcedure> procedures =
            Procedures.all(state -> folder().path(state).toString());
    private String name = "bn";

    /** Creates the catalog; Spark initializes it. */
    public BatchNormCatalog() {
        NumberFunctions.all().forEach(function -> functions.put(function.name(), function));
        TensorFunctions.all().forEach(function -> functions.put(function.name(), function));
    }

    @Override
    public void initialize(String catalogName, CaseInsensitiveStringMap options) {
        name = catalogName;
    }

    @Override
    public String name() {
        return name;
    }

    private StateFolder folder() {
        return StateFolder.of(SparkSession.active(), name);
    }

    private static boolean isRoot(String[] namespace) {
        return namespace.length == 0;
    }

    private static boolean isStates(String[] namespace) {
        return namespace.length == 1 && namespace[0].equals(STATES);
    }

    private static boolean isSystem(String[] namespace) {
        return namespace.length == 1 && namespace[0].equals(SYSTEM);
    }

    @Override
    public Identifier[] listFunctions(String[] namespace) throws NoSuchNamespaceException {
        requireNamespace(namespace);
        if (!isRoot(namespace)) {
            return new Identifier[0];
        }
        Stream<String> models =
                folder().names().stream().flatMap(model -> Stream.of(model, model + StateFolder.INVERSE));
        return Stream.concat(functions.keySet().stream(), models)
                .map(function -> Identifier.of(namespace, function))
                .toArray(Identifier[]::new);
    }

    @Override
    public boolean functionExists(Identifier identifier) {
        return isRoot(identifier.namespace())
                && (functions.containsKey(identifier.name().toLowerCase(Locale.ROOT))
                        || folder().exists(model(identifier.name())));
    }

    @Override
    public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
        if (!isRoot(identifier.namespace())) {
            throw new NoSuchFunctionException(identifier);
        }
        UnboundFunction own = functions.get(identifier.name().toLowerCase(Locale.ROOT));
        if (own != null) {
            return own;
        }
        String model = model(identifier.name());
        Optional<BatchNormState> state = folder().read(model);
        if (state.isEmpty()) {
            throw new NoSuchFunctionException(identifier);
        }
        return TensorFunctions.ofState(identifier.name(), state.get(), !model.equals(identifier.name()));
    }

    /** The state whose function or inverse has a name. */
    private static String model(String function) {
        return function.endsWith(StateFolder.INVERSE)
                ? function.substring(0, function.length() - StateFolder.INVERSE.length())
                : function;
    }

    @Override
    public Identifier[] listProcedures(String[] namespace) {
        return isRoot(namespace) || isSystem(namespace)
                ? procedures.keySet().stream()
                        .map(procedure -> Identifier.of(new String[] {SYSTEM}, procedure))
                        .toArray(Identifier[]::new)
                : new Identifier[0];
    }

    /** Takes the namespace of procedures, and none. */
    @Override
    public UnboundProcedure loadProcedure(Identifier identifier) {
        String[] namespace = identifier.namespace();
        UnboundProcedure procedure = procedures.get(identifier.name().toLowerCase(Locale.ROOT));
        if (procedure == null || !(isRoot(namespace) || isSystem(namespace))) {
            throw new BatchNormException(identifier + " is no procedure of " + name + "; expected one of "
                    + String.join(", ", procedures.keySet()) + " in " + name + "." + SYSTEM);
        }
        return procedure;
    }

    @Override
    public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
        requireNamespace(namespace);
        return isStates(namespace)
                ? folder().names().stream()
                        .map(state -> Identifier.of(namespace, state))
                        .toArray(Identifier[]::new)
                : new Identifier[0];
    }

    @Override
    public boolean tableExists(Identifier identifier) {
        return isStates(identifier.namespace()) && folder().exists(identifier.name());
    }

    @Override
    public Table loadTable(Identifier identifier) throws NoSuchTableException {
        Optional<BatchNormState> state =
                isStates(identifier.namespace()) ? folder().read(identifier.name()) : Optional.empty();
        if (state.isEmpty()) {
            throw new NoSuchTableException(identifier);
        }
        return new StateTable(name + "." + STATES + "." + identifier.name(), state.get());
    }

    @Override
    public boolean dropTable(Identifier identifier) {
        return isStates(identifier.namespace()) && folder().delete(identifier.name());
    }

    @Override
    public Table createTable(Identifier identifier, TableInfo table) {
        throw readOnly();
    }

    @Override
    public Table alterTable(Identifier identifier, TableChange... changes) {
        throw readOnly();
    }

    @Override
    public void renameTable(Identifier from, Identifier to) {
        throw readOnly();
    }

    private BatchNormException readOnly() {
        return new BatchNormException("catalog " + name + " has states, which are written by CALL " + name
                + ".system.fit; expected another catalog for tables");
    }

    @Override
    public String[][] listNamespaces() {
        return new String[][] {{STATES}, {SYSTEM}};
    }

    @Override
    public String[][] listNamespaces(String[] namespace) throws NoSuchNamespaceException {
        requireNamespace(namespace);
        return isRoot(namespace) ? listNamespaces() : new String[0][];
    }

    @Override
    public boolean namespaceExists(String[] namespace) {
        return isRoot(namespace) || Arrays.stream(listNamespaces()).anyMatch(known -> Arrays.equals(known, namespace));
    }

    private void requireNamespace(String[] namespace) throws NoSuchNamespaceException {
        if (!namespaceExists(namespace)) {
            throw new NoSuchNamespaceException(namespace);
        }
    }

    @Override
    public Map<String, String> loadNamespaceMetadata(String[] namespace) throws NoSuchNamespaceException {
        requireNamespace(namespace);
        return Map.of();
    }

    @Override
    public void createNamespace(String[] namespace, Map<String, String> metadata) {
        throw readOnly();
    }

    @Override
    public void alterNamespace(String[] namespace, NamespaceChange... changes) {
        throw readOnly();
    }

    @Override
    public boolean dropNamespace(String[] namespace, boolean cascade) {
        throw readOnly();
    }
}
