package io.github.sparkbatchnorm.spark.transform;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.jspecify.annotations.Nullable;

/**
 * The catalog in which Spark looks up the functions of this package. A catalog is Spark's public way to functions on
 * internal rows, without boxing, in generated code.
 *
 * <p>A function is registered only while an expression that calls it is resolved; the plan then holds the function
 * itself. So is the setting {@code spark.sql.catalog.spark_batchnorm_internal}, which names this class: a session keeps
 * the catalog that it has loaded once, and needs no setting for it any more. Only a resolution that fails leaves the
 * setting behind, until the next one: another thread may be about to load the catalog.
 */
public final class TensorFunctionCatalog implements FunctionCatalog {
    private static final String NAME = "spark_batchnorm_internal";
    private static final String SETTING = "spark.sql.catalog." + NAME;
    private static final Map<String, TensorFunction> FUNCTIONS = new ConcurrentHashMap<>();

    private String name = NAME;

    /** Resolves expressions, while a function is registered. */
    interface Resolution<T> {
        T resolve(Column call);
    }

    /**
     * Applies a function to a struct of columns.
     *
     * @param resolution makes a data set, which resolves the call that it is given
     */
    static <T> T call(SparkSession session, TensorFunction function, Column[] columns, Resolution<T> resolution) {
        session.conf().set(SETTING, TensorFunctionCatalog.class.getName());
        FUNCTIONS.put(function.name(), function);
        try {
            Column call = functions.call_function(NAME + "." + function.name(), functions.struct(columns));
            T resolved = resolution.resolve(call);
            session.conf().unset(SETTING); // the session has loaded the catalog
            return resolved;
        } finally {
            FUNCTIONS.remove(function.name());
        }
    }

    @Override
    public void initialize(String catalogName, CaseInsensitiveStringMap options) {
        name = catalogName;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Identifier[] listFunctions(String[] namespace) {
        return new Identifier[0];
    }

    @Override
    public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
        TensorFunction function = FUNCTIONS.get(identifier.name());
        if (function == null) {
            throw new NoSuchFunctionException(identifier);
        }
        return new Unbound(function);
    }

    private record Unbound(TensorFunction function) implements UnboundFunction {
        @Override
        public BoundFunction bind(StructType inputType) {
            return function;
        }

        @Override
        public String description() {
            return function.toString();
        }

        @Override
        public String name() {
            return function.name();
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TensorFunctionCatalog that && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }
}
