package io.github.sparkbatchnorm.sql.tensor;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A function of SQL that chooses what it does by the types of its arguments.
 *
 * @param name in the catalog
 * @param usage its arguments, such as {@code (x [, spec])}
 * @param description one sentence
 * @param binding of the types of the arguments; throws {@link UnsupportedOperationException} for others
 */
record Signature(String name, String usage, String description, Function<Call, BoundFunction> binding)
        implements UnboundFunction {

    /**
     * The types of the arguments of a call.
     *
     * @param usage the arguments that are expected
     * @param types of the arguments found
     */
    record Call(String usage, DataType[] types) {
        int count() {
            return types.length;
        }

        /**
         * The type of the first argument.
         *
         * @throws UnsupportedOperationException if there is none
         */
        DataType first() {
            if (types.length == 0) {
                throw refused();
            }
            return types[0];
        }

        DataType type(int argument) {
            return types[argument];
        }

        boolean isBinary(int argument) {
            return isNull(argument) || types[argument] instanceof BinaryType;
        }

        boolean isText(int argument) {
            return isNull(argument) || types[argument] instanceof StringType;
        }

        boolean isNumber(int argument) {
            return isNull(argument) || types[argument] instanceof NumericType;
        }

        /**
         * The types of a first argument and of a spec, if there is one.
         *
         * @throws UnsupportedOperationException for other arguments
         */
        DataType[] andSpec(DataType first) {
            if (count() < 1 || count() > 2 || (count() == 2 && !isText(1))) {
                throw refused();
            }
            return count() == 1 ? new DataType[] {first} : new DataType[] {first, DataTypes.StringType};
        }

        private boolean isNull(int argument) {
            return types[argument] instanceof NullType;
        }

        /** The error for arguments that the function does not take. */
        UnsupportedOperationException refused() {
            return new UnsupportedOperationException("expected " + usage + ", found ("
                    + Arrays.stream(types).map(DataType::simpleString).collect(Collectors.joining(", ")) + ")");
        }
    }

    @Override
    public BoundFunction bind(StructType inputType) {
        DataType[] types =
                Arrays.stream(inputType.fields()).map(StructField::dataType).toArray(DataType[]::new);
        return binding.apply(new Call(name + usage, types));
    }

    @Override
    public String description() {
        return name + usage + ": " + description;
    }
}
