package io.github.sparkbatchnorm.sql.procedure;

import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.BoundProcedure;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.connector.read.Scan;

/** A procedure whose parameters have the types of a call. */
record BoundJob(JobProcedure procedure, List<ProcedureParameter> all) implements BoundProcedure {
    @Override
    public String name() {
        return procedure.name();
    }

    @Override
    public String description() {
        return procedure.description();
    }

    @Override
    public ProcedureParameter[] parameters() {
        return all.toArray(ProcedureParameter[]::new);
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }

    @Override
    public Iterator<Scan> call(InternalRow input) {
        return List.<Scan>of(procedure.run(input)).iterator();
    }
}
