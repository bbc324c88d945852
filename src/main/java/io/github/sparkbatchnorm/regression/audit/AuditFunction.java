package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/** The aggregates of Spark that are asked. */
enum AuditFunction {
    SUM("sum", Quantity.SUM),
    AVG("avg", Quantity.MEAN),
    VAR_POP("var_pop", Quantity.POPULATION_VARIANCE),
    VAR_SAMP("var_samp", Quantity.SAMPLE_VARIANCE),
    STDDEV_POP("stddev_pop", Quantity.POPULATION_DEVIATION),
    STDDEV("stddev", Quantity.SAMPLE_DEVIATION),
    SUMMARIZER_MEAN("Summarizer.mean", Quantity.MEAN),
    SUMMARIZER_VARIANCE("Summarizer.variance", Quantity.SAMPLE_VARIANCE),
    SCALER_MEAN("StandardScaler.mean", Quantity.MEAN),
    SCALER_STD("StandardScaler.std", Quantity.SAMPLE_DEVIATION);

    /** Those of Spark ML that one pass computes. */
    static final List<AuditFunction> SUMMARIZER = List.of(SUMMARIZER_MEAN, SUMMARIZER_VARIANCE);

    static final List<AuditFunction> SCALER = List.of(SCALER_MEAN, SCALER_STD);

    private final String text;
    private final Quantity quantity;

    AuditFunction(String text, Quantity quantity) {
        this.text = text;
        this.quantity = quantity;
    }

    Quantity quantity() {
        return quantity;
    }

    /** Whether it is of Spark ML: its input is a column of vectors. */
    boolean isOfVectors() {
        return SUMMARIZER.contains(this) || SCALER.contains(this);
    }

    /**
     * The aggregate of a column of numbers.
     *
     * @throws IllegalStateException if it is of vectors
     */
    Column aggregate(Column numbers) {
        return switch (this) {
            case SUM -> functions.sum(numbers);
            case AVG -> functions.avg(numbers);
            case VAR_POP -> functions.var_pop(numbers);
            case VAR_SAMP -> functions.var_samp(numbers);
            case STDDEV_POP -> functions.stddev_pop(numbers);
            case STDDEV -> functions.stddev(numbers);
            default -> throw new IllegalStateException(text + " is no aggregate of numbers");
        };
    }

    /** Whether Spark says what the aggregate is of no values: NULL in SQL, an error in Spark ML. */
    boolean isDefinedFor(ExactMoments moments) {
        return moments.count() > 0 || !isOfVectors();
    }

    /**
     * What Spark defines: the exact value, rounded once; for too few values NULL in SQL, and 0 in Spark ML.
     *
     * @param legacy whether the sample variance of one value is NaN in SQL, as it was before Spark 3.1
     */
    AuditAnswer exact(ExactMoments moments, boolean legacy) {
        if (moments.count() == 0) {
            return AuditAnswer.NULL;
        }
        if (moments.count() == 1 && quantity.isOfSample()) {
            return isOfVectors() ? AuditAnswer.of(0) : legacy ? AuditAnswer.of(Double.NaN) : AuditAnswer.NULL;
        }
        return AuditAnswer.of(quantity.of(moments));
    }

    /** Its name, as one calls it. */
    @Override
    public String toString() {
        return text;
    }
}
