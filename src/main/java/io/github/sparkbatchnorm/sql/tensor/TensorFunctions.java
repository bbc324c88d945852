package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormState;
import java.util.List;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The functions of SQL on tensors, by their names. */
public final class TensorFunctions {
    private static final DataType DOUBLES = new ArrayType(DataTypes.DoubleType, true);

    private static final List<UnboundFunction> ALL = List.of(
            new Signature(
                    "moments_agg",
                    "(x [, spec])",
                    "exact moments of all samples x, as a record for the other functions",
                    call -> MomentsAggregate.ofSamples("moments_agg", call, MomentsAggregate.Result.RECORD)),
            new Signature(
                    "moments_merge_agg",
                    "(moments)",
                    "moments of the samples of all records",
                    call -> MomentsAggregate.ofMoments("moments_merge_agg", call)),
            new Signature(
                    "describe_agg",
                    "(x [, spec])",
                    "exact statistics of all samples x, as a struct of an array each",
                    call -> MomentsAggregate.ofSamples("describe_agg", call, MomentsAggregate.Result.STATISTICS)),
            new Signature("moments_merge", "(a, b)", "moments of the samples of both", RecordFunction::merge),
            new Signature(
                    "moments_subtract",
                    "(a, b)",
                    "moments of the samples of a without those of b",
                    RecordFunction::subtract),
            new Signature(
                    "moments_describe",
                    "(moments [, spec])",
                    "exact statistics of moments, as a struct of an array each",
                    RecordFunction::describe),
            normalizing("normalize", "x normalized with statistics", false),
            normalizing("denormalize", "x of a normalized y, with the same statistics", true));

    private TensorFunctions() {}

    /** {@return all functions that need no state} */
    public static List<UnboundFunction> all() {
        return ALL;
    }

    /**
     * {@return the function that normalizes with a state, or does the inverse}
     *
     * @param name of the function
     * @param state with running statistics
     * @param inverse whether it goes back from normalized values
     */
    public static UnboundFunction ofState(String name, BatchNormState state, boolean inverse) {
        return new Signature(
                name,
                "(x [, spec])",
                inverse ? "back from values normalized with this state" : "x normalized with this state",
                call -> ofState(name, call, state, inverse));
    }

    private static BoundFunction ofState(String name, Signature.Call call, BatchNormState state, boolean inverse) {
        DataType[] inputs = call.andSpec(call.first());
        SpecifiedValues values = new SpecifiedValues(call.type(0), state);
        try {
            values.plain().aligned(state);
        } catch (IllegalArgumentException e) {
            throw new UnsupportedOperationException(SpecWords.of(e), e);
        }
        return made(new TensorCall.Form(name, values, inputs, inverse, state), call.type(0));
    }

    private static UnboundFunction normalizing(String name, String description, boolean inverse) {
        return new Signature(
                name,
                "(x, moments [, spec] [, eps]) or " + name + "(x, mean, variance, eps [, weight, bias])",
                description,
                call -> normalizing(name, call, inverse));
    }

    private static BoundFunction normalizing(String name, Signature.Call call, boolean inverse) {
        DataType[] inputs = call.count() < 2 ? null : inputs(call);
        if (inputs == null) {
            throw call.refused();
        }
        SpecifiedValues values = new SpecifiedValues(call.type(0), null);
        return made(new TensorCall.Form(name, values, inputs, inverse, null), call.type(0));
    }

    /** The types that the arguments are cast to; null if they are none that the function takes. */
    private static DataType @Nullable [] inputs(Signature.Call call) {
        DataType x = call.type(0);
        if (call.isBinary(1)) {
            DataType moments = DataTypes.BinaryType;
            return switch (call.count()) {
                case 2 -> new DataType[] {x, moments};
                case 3 -> call.isText(2)
                        ? new DataType[] {x, moments, DataTypes.StringType}
                        : call.isNumber(2) ? new DataType[] {x, moments, DataTypes.DoubleType} : null;
                case 4 -> call.isText(2) && call.isNumber(3)
                        ? new DataType[] {x, moments, DataTypes.StringType, DataTypes.DoubleType}
                        : null;
                default -> null;
            };
        }
        if (!areArrays(call, 1, 3) || call.count() < 4 || !call.isNumber(3)) {
            return null;
        }
        return switch (call.count()) {
            case 4 -> new DataType[] {x, DOUBLES, DOUBLES, DataTypes.DoubleType};
            case 6 -> areArrays(call, 4, 6)
                    ? new DataType[] {x, DOUBLES, DOUBLES, DataTypes.DoubleType, DOUBLES, DOUBLES}
                    : null;
            default -> null;
        };
    }

    private static boolean areArrays(Signature.Call call, int from, int to) {
        for (int i = from; i < to && i < call.count(); i++) {
            if (!(call.type(i) instanceof ArrayType) && !(call.type(i) instanceof NullType)) {
                return false;
            }
        }
        return call.count() >= to;
    }

    private static BoundFunction made(TensorCall.Form form, DataType x) {
        if (x instanceof ArrayType) {
            return new ArraysCall(form);
        } else if (x instanceof BinaryType) {
            return new BytesCall(form);
        } else if (x instanceof StructType) {
            return new RowsCall(form);
        }
        return new VectorsCall(form);
    }
}
