package io.github.sparkbatchnorm.sql.procedure;

import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.ProcedureCatalog;
import org.apache.spark.sql.connector.catalog.procedures.UnboundProcedure;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A catalog that has the procedures and nothing else; states are in the folder of its option {@code folder}. */
public final class TestCatalog implements ProcedureCatalog {
    static final String NAME = "bn_test";

    private String name = "";
    private Map<String, UnboundProcedure> all = Map.of();

    static void register(SparkSession session, java.nio.file.Path folder) {
        session.conf().set("spark.sql.catalog." + NAME, TestCatalog.class.getName());
        session.conf().set("spark.sql.catalog." + NAME + ".folder", folder.toString());
    }

    @Override
    public void initialize(String given, CaseInsensitiveStringMap options) {
        name = given;
        all = Procedures.all(state -> folder() + "/" + state + ".json");
    }

    /** The folder of the test that runs, since the catalog lives as long as the session. */
    private static String folder() {
        return SparkSession.active().conf().get("spark.sql.catalog." + NAME + ".folder");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public UnboundProcedure loadProcedure(Identifier identifier) {
        UnboundProcedure found = all.get(identifier.name());
        if (found == null) {
            throw new IllegalArgumentException("no procedure " + identifier);
        }
        return found;
    }

    @Override
    public Identifier[] listProcedures(String[] namespace) {
        return all.keySet().stream()
                .sorted()
                .map(procedure -> Identifier.of(new String[] {"system"}, procedure))
                .toArray(Identifier[]::new);
    }
}
