package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What the jobs of a case make, each when it is first asked for, in a folder of the case. */
final class CaseArtifacts {
    private final SparkSession session;
    private final TimedJobs jobs;
    private final CaseData data;
    private final Path folder;
    private final int rounds;
    private final BatchNormConfig config;
    private final Map<String, Object> made = new HashMap<>();

    CaseArtifacts(
            SparkSession session, TimedJobs jobs, CaseData data, Path folder, int rounds, BatchNormConfig config) {
        this.session = session;
        this.jobs = jobs;
        this.data = data;
        this.folder = folder;
        this.rounds = rounds;
        this.config = config;
    }

    /** The JSON and the digest of {@code stats}. */
    record Statistics(StatisticsDocument document, String digest) {
        /** How many values there are in all batches and channels. */
        long values() {
            long values = 0;
            for (String batch : document.byBatch().keySet()) {
                for (int c = 0; c < document.channels(); c++) {
                    values += (long) document.number(batch, "count", c);
                }
            }
            return values;
        }
    }

    Statistics statistics() {
        return made("statistics", () -> {
            String out = run("stats", "stats", List.of(), List.of("--json", path("stats.json")));
            return new Statistics(StatisticsDocument.read(text("stats.json")), digest(out));
        });
    }

    /** How many values the statistics are of; 0 if there are none. */
    long values() {
        try {
            return statistics().values();
        } catch (JobFailure e) {
            return 0;
        }
    }

    /** The digest that {@code stats} prints for these options of the data. */
    String digest(List<String> arguments) {
        return digest(jobs.run("stats-again", concat(List.of("stats"), arguments)));
    }

    private static String digest(String out) {
        return out.lines()
                .filter(line -> line.startsWith("digest: "))
                .map(line -> line.substring("digest: ".length()))
                .findFirst()
                .orElseThrow(() -> new JobFailure("stats printed no digest"));
    }

    /** The state before: weights and biases of several sizes and signs, nothing tracked. */
    BatchNormState initial() {
        return made("initial", () -> {
            int channels = statistics().document().channels();
            double[] weight = new double[channels];
            double[] bias = new double[channels];
            for (int c = 0; c < channels; c++) {
                weight[c] = (c % 3 == 2 ? -1 : 1) * (1 + c % 5 / 3.0);
                bias[c] = c % 4 == 0 ? 0 : (c % 7 - 3) / 3.0;
            }
            BatchNormState state = BatchNormState.initial(channels, config).withParameters(weight, bias);
            try {
                StateFiles.write(state, path("initial.json"), hadoop());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return state;
        });
    }

    /** Whether a state in which each number needs all its bits is the same when it is written to a file and read. */
    boolean keepsStates() {
        BatchNormState state = initial();
        double[] mean = new double[state.numFeatures()];
        double[] low = new double[mean.length];
        double[] var = new double[mean.length];
        for (int c = 0; c < mean.length; c++) {
            mean[c] = (c % 2 == 0 ? 1 : -1) * (c + 1) / 3.0;
            low[c] = Math.ulp(mean[c]) / 3;
            var[c] = (c + 1) / 7.0 * (c % 3 == 0 ? Double.MIN_NORMAL : 1);
        }
        BatchNormState full = BatchNormState.of(
                        config, mean.length, state.weight(), state.bias(), mean, var, Long.MAX_VALUE)
                .withRunningMeanLow(low);
        try {
            StateFiles.write(full, path("full.json"), hadoop());
            return StateFiles.read(path("full.json"), hadoop()).equals(full);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The state file of {@code fit}. */
    String fitted() {
        return made("fitted", () -> {
            initial();
            run(
                    "fit",
                    "fit",
                    List.of(),
                    List.of("--state-in", path("initial.json"), "--state-out", path("fitted.json")));
            return text("fitted.json");
        });
    }

    /** The output of {@code normalize --mode train}. */
    Dataset<Row> trained() {
        return made("trained", () -> {
            initial();
            run(
                    "train",
                    "normalize",
                    List.of("--mode", "train"),
                    List.of(
                            "--state-in", path("initial.json"),
                            "--state-out", path("trained.json"),
                            "--output", path("train"),
                            "--output-format", "parquet"));
            return parquet("train");
        });
    }

    /** The state file of {@code normalize --mode train}. */
    String trainedState() {
        trained();
        return made("trained state", () -> text("trained.json"));
    }

    /** The output of {@code normalize --mode eval}. */
    Dataset<Row> evaluated() {
        return made("evaluated", () -> {
            trained();
            run(
                    "eval",
                    "normalize",
                    List.of("--mode", "eval"),
                    List.of(
                            "--state-in",
                            path("trained.json"),
                            "--output",
                            path("eval"),
                            "--output-format",
                            "parquet"));
            return parquet("eval");
        });
    }

    /** The output of {@code backward} in a mode. */
    Dataset<Row> gradients(String mode) {
        return made("backward " + mode, () -> {
            trained();
            String state = mode.equals("train") ? "initial.json" : "trained.json";
            run(
                    "backward-" + mode,
                    "backward",
                    concat(List.of("--mode", mode), data.gradientArguments()),
                    List.of(
                            "--state-in", path(state),
                            "--gradients", path("gradients-" + mode + ".json"),
                            "--output", path("backward-" + mode),
                            "--output-format", "parquet"));
            return parquet("backward-" + mode);
        });
    }

    /** The JSON of the gradients of weight and bias. */
    StatisticsDocument parameterGradients(String mode) {
        gradients(mode);
        return made("gradients " + mode, () -> StatisticsDocument.read(text("gradients-" + mode + ".json")));
    }

    /** The names in the folder of the case. */
    List<String> files() {
        try {
            FileStatus[] found = fileSystem().listStatus(folder);
            return Arrays.stream(found)
                    .map(status -> status.getPath().getName())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String run(String operation, String command, List<String> mode, List<String> outputs) {
        List<String> column = outputs.contains("--output") && !data.options().isChannelPerColumn()
                ? List.of("--output-column", CaseData.RESULT)
                : List.of();
        List<String> arguments = concat(List.of(command), mode, data.arguments(), outputs, column);
        String out = jobs.run(operation, arguments);
        for (int round = 1; round < rounds; round++) {
            jobs.run(operation, concat(arguments, List.of("--overwrite")));
        }
        return out;
    }

    @SafeVarargs
    private static List<String> concat(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return all;
    }

    private Dataset<Row> parquet(String name) {
        return session.read().parquet(path(name));
    }

    private String path(String name) {
        return new Path(folder, name).toString();
    }

    private String text(String name) {
        try (FSDataInputStream in = fileSystem().open(new Path(folder, name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FileSystem fileSystem() throws IOException {
        return folder.getFileSystem(hadoop());
    }

    private Configuration hadoop() {
        return session.sparkContext().hadoopConfiguration();
    }

    /** What the first call made, or its failure, which is that of all that need it. */
    @SuppressWarnings("unchecked")
    private <T> T made(String name, Supplier<T> maker) {
        Object before = made.get(name);
        if (before == null) {
            try {
                before = maker.get();
            } catch (JobFailure e) {
                before = e;
            }
            made.put(name, before);
        }
        if (before instanceof JobFailure failure) {
            throw failure;
        }
        return (T) before;
    }
}
