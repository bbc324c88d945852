package io.github.sparkbatchnorm.sql.number;

import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** The functions of numbers and nothing else, as {@code numbers.exact_sum}. */
public final class NumberCatalog implements FunctionCatalog {
    @Override
    public void initialize(String name, CaseInsensitiveStringMap options) {}

    @Override
    public String name() {
        return "numbers";
    }

    @Override
    public Identifier[] listFunctions(String[] namespace) {
        return NumberFunctions.all().stream()
                .map(function -> Identifier.of(new String[0], function.name()))
                .toArray(Identifier[]::new);
    }

    @Override
    public UnboundFunction loadFunction(Identifier identifier) {
        return NumberFunctions.all().stream()
                .filter(function -> function.name().equals(identifier.name()))
                .findFirst()
                .orElseThrow();
    }
}
