package io.github.sparkbatchnorm.regression.suite;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.generate.GeneratorOptions;
import io.github.sparkbatchnorm.regression.generate.Kind;
import io.github.sparkbatchnorm.regression.generate.Profile;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A case of a suite: data that is generated, how the layer is set, and how far it is checked. In a file the keys are
 * those of the components in snake case, and all but the name can be left out.
 *
 * @param name a word, different from those of the other cases
 * @param rowsFactor the rows, as a part or a multiple of the suite's; default 1
 * @param channelsFactor the channels, as a part or a multiple of the suite's; default 1
 * @param spatial the axes after C: 0 to 3 sizes
 * @param seed of the generated data
 * @param kind of the tensor column; default array
 * @param dtype of the values; default float32
 * @param profile of the values; default normal
 * @param batches how many global batches; 0 for all rows in one, without a column
 * @param interleaved whether rows of the batches alternate
 * @param nonFiniteEvery every how many values one is NaN or an infinity; 0 for none
 * @param nullEvery every how many rows one is null; 0 for none
 * @param partitions of the data; 0 for as many as Spark has by default
 * @param skew how many times the rows of any other partition the first has; default 1
 * @param momentum of the running statistics, or none for their plain average; default 0.1
 * @param eps added to the variance; default 1e-5
 * @param samePartitions numbers of partitions that give the same digest
 * @param sameKinds kinds of columns that give the same digest
 * @param sameFormats formats of files that give the same digest
 * @param sampleRows how many rows, about, are compared with exact arithmetic; 0 for all
 * @param rounds how many times each job that is timed runs; default 1
 */
public record SuiteCase(
        String name,
        double rowsFactor,
        double channelsFactor,
        List<Integer> spatial,
        long seed,
        Kind kind,
        Dtype dtype,
        Profile profile,
        long batches,
        boolean interleaved,
        long nonFiniteEvery,
        long nullEvery,
        int partitions,
        double skew,
        String momentum,
        @Nullable Double eps,
        List<Integer> samePartitions,
        List<Kind> sameKinds,
        List<String> sameFormats,
        long sampleRows,
        int rounds) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

    /** @throws IllegalArgumentException if the name is no word of letters, digits and hyphens */
    public SuiteCase(
            @Nullable String name,
            double rowsFactor,
            double channelsFactor,
            @Nullable List<Integer> spatial,
            long seed,
            @Nullable Kind kind,
            @Nullable Dtype dtype,
            @Nullable Profile profile,
            long batches,
            boolean interleaved,
            long nonFiniteEvery,
            long nullEvery,
            int partitions,
            double skew,
            @Nullable String momentum,
            @Nullable Double eps,
            @Nullable List<Integer> samePartitions,
            @Nullable List<Kind> sameKinds,
            @Nullable List<String> sameFormats,
            long sampleRows,
            int rounds) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a case has the name " + name + "; expected one of lower-case letters, digits and hyphens");
        }
        this.name = name;
        this.rowsFactor = rowsFactor == 0 ? 1 : rowsFactor;
        this.channelsFactor = channelsFactor == 0 ? 1 : channelsFactor;
        this.spatial = orEmpty(spatial);
        this.seed = seed;
        this.kind = kind == null ? Kind.ARRAY : kind;
        this.dtype = dtype == null ? Dtype.FLOAT32 : dtype;
        this.profile = profile == null ? Profile.NORMAL : profile;
        this.batches = batches;
        this.interleaved = interleaved;
        this.nonFiniteEvery = nonFiniteEvery;
        this.nullEvery = nullEvery;
        this.partitions = partitions;
        this.skew = skew == 0 ? 1 : skew;
        this.momentum = momentum == null ? "0.1" : momentum;
        this.eps = eps;
        this.samePartitions = orEmpty(samePartitions);
        this.sameKinds = orEmpty(sameKinds);
        this.sameFormats = orEmpty(sameFormats);
        this.sampleRows = sampleRows;
        this.rounds = rounds == 0 ? 1 : rounds;
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    /**
     * {@return what data the case is about}
     *
     * @param rows of the suite
     * @param channels of the suite
     * @throws IllegalArgumentException if the numbers do not fit each other
     */
    public GeneratorOptions data(long rows, int channels) {
        int[] dims = IntStream.concat(
                        IntStream.of((int) Math.max(1, Math.round(channels * channelsFactor))),
                        spatial.stream().mapToInt(Integer::intValue))
                .toArray();
        return new GeneratorOptions(
                Math.max(1, Math.round(rows * rowsFactor)),
                SampleShape.channelsFirst(dims),
                seed,
                kind,
                dtype,
                profile,
                batches,
                interleaved,
                nonFiniteEvery,
                nullEvery,
                partitions,
                skew,
                true);
    }

    /**
     * {@return how the layer is set}
     *
     * @throws IllegalArgumentException if the momentum is neither a number from 0 to 1 nor none, or eps is below 0
     */
    public BatchNormConfig config() {
        BatchNormConfig config = eps == null ? BatchNormConfig.DEFAULT : BatchNormConfig.DEFAULT.withEps(eps);
        return momentum.equals("none") ? config.withCumulativeAverage() : config.withMomentum(number(momentum));
    }

    private static double number(String momentum) {
        try {
            return Double.parseDouble(momentum);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("momentum is " + momentum + "; expected a number or none", e);
        }
    }
}
