package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.Serializable;
import java.util.function.Function;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * What the argument {@code spec} of a call means. It is one constant, which Spark gives row by row like any other
 * argument: it is parsed in the first row, and another text in a later row is an error. Threads may share an instance.
 *
 * @param <T> the meaning
 */
final class ConstantSpec<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    private transient volatile @Nullable Known<T> known;

    private record Known<T>(UTF8String text, T meaning) {}

    /**
     * The meaning of the spec of a row.
     *
     * @param spec the argument; null, for none, means what the empty text means
     * @param parsed gives the meaning of a text
     * @throws BatchNormException if it is another text than in a row before
     */
    T of(@Nullable UTF8String spec, Function<String, T> parsed) {
        UTF8String text = spec == null ? UTF8String.EMPTY_UTF8 : spec;
        Known<T> found = known;
        if (found == null) {
            found = new Known<>(text.copy(), parsed.apply(text.toString()));
            known = found;
        } else if (!found.text().equals(text)) {
            throw differs(found.text().toString(), text.toString());
        }
        return found.meaning();
    }

    /** The error for two texts in one call. */
    static BatchNormException differs(String one, String other) {
        return new BatchNormException("spec is '" + one + "' in one row and '" + other
                + "' in another; expected one constant text: filter the rows, or write a call for each spec");
    }
}
