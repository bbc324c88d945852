package io.github.sparkbatchnorm.jobs.bench;

import io.github.sparkbatchnorm.jobs.bench.BenchRounds.Operation;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** The operations of {@code bench} that are functions and procedures of SQL, of the catalog bn. */
final class SqlOperations {
    static final String DESCRIBE = "bn.describe_agg";
    static final String MODEL = "bn.NAME";
    static final String CALL_FIT = "CALL fit";
    static final String EXACT = "bn.exact_var_pop of 1 column";
    static final String VAR_POP = "var_pop of 1 column";

    private static final String MODELS = "spark.sql.catalog.bn.models";
    private static final String NAME = "bench";
    private static final String VIEW = "spark_batchnorm_bench";

    private final BenchData dataSet;
    private final Dataset<Row> data;
    private final Path models;

    /**
     * @param state that is a function
     * @param models a folder for its file
     */
    SqlOperations(BenchData dataSet, Dataset<Row> data, BatchNormState state, Path models) {
        this.dataSet = dataSet;
        this.data = data;
        this.models = models;
        Path file = new Path(models, NAME + ".json");
        try {
            StateFiles.write(
                    state, file.toString(), data.sparkSession().sparkContext().hadoopConfiguration());
        } catch (IOException e) {
            throw new BatchNormException("the state of the benchmark cannot be written to " + file, e);
        }
    }

    /** The operations that only read. */
    List<Operation> reads() {
        if (dataSet.kind() == BenchData.Kind.COLUMNS) {
            String column = dataSet.columns().get(0);
            return List.of(
                    new Operation(VAR_POP, () -> head("var_pop(" + column + ")")),
                    new Operation(EXACT, () -> head("bn.exact_var_pop(" + column + ")")));
        }
        data.createOrReplaceTempView(VIEW);
        return List.of(
                new Operation(CALL_FIT, this::fit),
                new Operation(DESCRIBE, () -> head("bn.describe_agg(" + BenchData.TENSOR + spec() + ")")));
    }

    private void fit() {
        withModels(session -> session.sql("CALL bn.system.fit(table => '" + VIEW + "', column => '" + BenchData.TENSOR
                        + "', state => 'fitted', overwrite => true" + arguments() + ")")
                .collectAsList());
    }

    private void head(String expression) {
        data.selectExpr(expression).head();
    }

    private String spec() {
        return dataSet.kind() == BenchData.Kind.IMAGE
                ? ""
                : ", '" + axes() + (dataSet.channelsLast() ? " channels-last'" : "'");
    }

    private String arguments() {
        return dataSet.kind() == BenchData.Kind.IMAGE
                ? ""
                : ", shape => '" + axes() + (dataSet.channelsLast() ? "', layout => 'channels-last'" : "'");
    }

    private String axes() {
        return dataSet.shape().stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /** The data with its tensor normalized by the state's function, in a column of a name. */
    Dataset<Row> normalized(String name) {
        return withModels(
                session -> data.withColumn(name, functions.expr("bn." + NAME + "(" + BenchData.TENSOR + ")")));
    }

    private <T> T withModels(Function<SparkSession, T> query) {
        SparkSession session = data.sparkSession();
        session.conf().set(MODELS, models.toString());
        try {
            return query.apply(session);
        } finally {
            session.conf().unset(MODELS);
        }
    }
}
