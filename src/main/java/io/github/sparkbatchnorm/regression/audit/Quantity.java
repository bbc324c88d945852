package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.exact.Quotient;
import java.math.BigInteger;

/** What an aggregate computes. */
enum Quantity {
    SUM,
    MEAN,
    POPULATION_VARIANCE,
    SAMPLE_VARIANCE,
    POPULATION_DEVIATION,
    SAMPLE_DEVIATION;

    /** Whether it needs two values. */
    boolean isOfSample() {
        return this == SAMPLE_VARIANCE || this == SAMPLE_DEVIATION;
    }

    /** Whether it is never below 0. */
    boolean isSpread() {
        return this != SUM && this != MEAN;
    }

    /** The exact value, rounded once; where values are not finite, as IEEE arithmetic has it; NaN of too few values. */
    double of(ExactMoments moments) {
        return switch (this) {
            case SUM -> moments.isFinite()
                    ? Quotient.of(moments.sum(), BigInteger.ONE).toDouble()
                    : moments.mean();
            case MEAN -> moments.mean();
            case POPULATION_VARIANCE -> moments.variance();
            case SAMPLE_VARIANCE -> moments.sampleVariance();
            case POPULATION_DEVIATION -> moments.isFinite() && moments.count() > 0
                    ? moments.exactVariance().squareRoot()
                    : Double.NaN;
            case SAMPLE_DEVIATION -> moments.isFinite() && moments.count() > 1
                    ? moments.exactSampleVariance().squareRoot()
                    : Double.NaN;
        };
    }
}
