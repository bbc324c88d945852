package io.github.sparkbatchnorm.sql.number;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import org.jspecify.annotations.Nullable;

/** A number that exact moments of one channel give, correctly rounded, and the function that is named after it. */
enum NumberStatistic {
    SUM("exact_sum", "the sum", 1) {
        @Override
        double of(ChannelMoments moments) {
            return moments.sum(0);
        }
    },
    AVG("exact_avg", "the mean", 1) {
        @Override
        double of(ChannelMoments moments) {
            return moments.statistics().mean(0);
        }
    },
    VAR_POP("exact_var_pop", "the population variance, with divisor n,", 1) {
        @Override
        double of(ChannelMoments moments) {
            return moments.statistics().populationVariance(0);
        }
    },
    VAR_SAMP("exact_var_samp", "the sample variance, with divisor n - 1,", 2) {
        @Override
        double of(ChannelMoments moments) {
            return moments.statistics().sampleVariance(0);
        }
    },
    STDDEV_POP("exact_stddev_pop", "the population standard deviation, with divisor n,", 1) {
        @Override
        double of(ChannelMoments moments) {
            return moments.populationStandardDeviation(0);
        }
    },
    STDDEV_SAMP("exact_stddev_samp", "the sample standard deviation, with divisor n - 1,", 2) {
        @Override
        double of(ChannelMoments moments) {
            return moments.sampleStandardDeviation(0);
        }
    };

    private final String function;
    private final String meaning;
    /** The fewest numbers that have this statistic. */
    private final int fewest;

    NumberStatistic(String function, String meaning, int fewest) {
        this.function = function;
        this.meaning = meaning;
        this.fewest = fewest;
    }

    /** The name of the function. */
    String function() {
        return function;
    }

    /** One line of help. */
    String help() {
        return function + "(x): " + meaning + " of the numbers that are not NULL, exact and rounded once to a DOUBLE; "
                + "NULL for fewer than " + fewest + ". x is a column of " + NumberFunction.TYPES + ".";
    }

    /** The statistic; null if there are too few numbers. */
    @Nullable
    Double orNull(ChannelMoments moments) {
        return moments.count(0) < fewest ? null : of(moments);
    }

    /** The statistic of enough numbers. */
    abstract double of(ChannelMoments moments);
}
