package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.stat.Summarizer;
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

    private final String text;
    private final Quantity quantity;

    AuditFunction(String text, Quantity quantity) {
        this.text = text;
        this.quantity = quantity;
    }

    Quantity quantity() {
        return quantity;
    }

    boolean isScaler() {
        return this == SCALER_MEAN || this == SCALER_STD;
    }

    /** Whether it is of Spark ML: its input is a column of {@link Vector}s. */
    boolean isOfVectors() {
        return isScaler() || this == SUMMARIZER_MEAN || this == SUMMARIZER_VARIANCE;
    }

    /**
     * The aggregate of a column: of numbers, or of vectors.
     *
     * @throws IllegalStateException if it is a StandardScaler, which is fitted instead
     */
    Column aggregate(Column column) {
        return switch (this) {
            case SUM -> functions.sum(column);
            case AVG -> functions.avg(column);
            case VAR_POP -> functions.var_pop(column);
            case VAR_SAMP -> functions.var_samp(column);
            case STDDEV_POP -> functions.stddev_pop(column);
            case STDDEV -> functions.stddev(column);
            case SUMMARIZER_MEAN -> Summarizer.mean(column);
            case SUMMARIZER_VARIANCE -> Summarizer.variance(column);
            case SCALER_MEAN, SCALER_STD -> throw new IllegalStateException(text + " is no aggregate");
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
