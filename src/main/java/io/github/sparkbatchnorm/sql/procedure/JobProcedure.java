package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.shims.SessionTags;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.connector.catalog.procedures.UnboundProcedure;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A procedure that runs a job in the caller's session. A failure is one line that speaks of the arguments. */
abstract class JobProcedure implements UnboundProcedure {
    private static final Logger LOG = LoggerFactory.getLogger(JobProcedure.class);

    private final String name;
    private final String does;
    private final int required;
    private final List<Argument> arguments;

    /**
     * Creates a procedure.
     *
     * @param does what it does and what it returns, in words
     * @param required how many of the arguments, which come first, must be given
     */
    JobProcedure(String name, String does, int required, List<Argument> arguments) {
        this.name = name;
        this.does = does;
        this.required = required;
        this.arguments = List.copyOf(arguments);
    }

    /** Runs the job. */
    abstract ResultRows run(Arguments given, SparkScope spark, Console console);

    /** The argument that says where a state is written. */
    Argument written() {
        return Argument.STATE;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final String description() {
        StringBuilder lines = new StringBuilder(does);
        for (int i = 0; i < arguments.size(); i++) {
            lines.append("\n  ").append(arguments.get(i).line(i < required));
        }
        return lines.toString();
    }

    /** Binds the parameters; {@code columns} is a text or an array, as it is given. */
    @Override
    public final BoundJob bind(StructType given) {
        List<ProcedureParameter> parameters = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            Argument argument = arguments.get(i);
            DataType type = argument == Argument.COLUMNS && isText(given, i) ? DataTypes.StringType : argument.type();
            parameters.add(argument.parameter(i < required, type));
        }
        return new BoundJob(this, parameters);
    }

    private boolean isText(StructType given, int position) {
        StructField[] fields = given.fields();
        for (int i = 0; i < fields.length; i++) {
            boolean named = fields[i].metadata().contains(ProcedureParameter.BY_NAME_METADATA_KEY);
            if (named ? fields[i].name().toLowerCase(Locale.ROOT).equals(Argument.COLUMNS.word()) : i == position) {
                return fields[i].dataType() instanceof StringType;
            }
        }
        return false;
    }

    /**
     * Runs the procedure in the session of this thread.
     *
     * @param row the values of the arguments
     * @throws BatchNormException with one line that speaks of the arguments
     */
    final ResultRows run(InternalRow row) {
        ByteArrayOutputStream warnings = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(warnings, true, StandardCharsets.UTF_8);
        try (SparkScope spark = SparkScope.open(name)) {
            Arguments given = new Arguments(arguments, row);
            return SessionTags.during(spark.session(), () -> run(given, spark, new Console(out, out)));
        } catch (Exception e) {
            if (isCancelled(e)) {
                throw e;
            }
            throw new BatchNormException(name + ": " + ProcedureWords.reword(ErrorLine.of(e), written()), e);
        } finally {
            warnings.toString(StandardCharsets.UTF_8).lines().forEach(line -> LOG.warn("{}: {}", name, line));
        }
    }

    /** Whether the caller ended it, which Spark says in its own words. */
    static boolean isCancelled(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            boolean cancelled = t instanceof SparkThrowable spark
                    && spark.getCondition() != null
                    && spark.getCondition().startsWith("SPARK_JOB_CANCELLED");
            if (cancelled || t instanceof InterruptedException) {
                return true;
            }
        }
        return false;
    }
}
