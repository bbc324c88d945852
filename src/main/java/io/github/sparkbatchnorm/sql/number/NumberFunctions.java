package io.github.sparkbatchnorm.sql.number;

import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;

/** The aggregate functions of plain numbers. */
public final class NumberFunctions {
    private static final List<UnboundFunction> ALL = Stream.of(NumberStatistic.values())
            .<UnboundFunction>map(NumberFunction::new)
            .toList();

    private NumberFunctions() {}

    /** {@return {@code exact_sum} and the others, each of one argument} */
    public static List<UnboundFunction> all() {
        return ALL;
    }
}
