package io.github.sparkbatchnorm.sql.procedure;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.connector.catalog.procedures.UnboundProcedure;

/** The procedures of a catalog. */
public final class Procedures {
    private Procedures() {}

    /**
     * All procedures, by their names.
     *
     * @param states the names of states in the catalog
     * @return describe, fit, normalize and stats, in this order
     */
    public static Map<String, UnboundProcedure> all(StateNames states) {
        Map<String, UnboundProcedure> all = new TreeMap<>();
        for (JobProcedure procedure : new JobProcedure[] {
            new DescribeProcedure(),
            new FitProcedure(states),
            new NormalizeProcedure(states),
            new StatsProcedure(StatsProcedure.MAX_ROWS)
        }) {
            all.put(procedure.name(), procedure);
        }
        return Collections.unmodifiableMap(all);
    }
}
