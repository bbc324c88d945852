package io.github.sparkbatchnorm.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The preset standard-scaler stands in for Spark's StandardScaler, and is right where that one is not. */
class StandardScalerTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final MathContext DIGITS = new MathContext(60);

    private static BatchNorm preset(boolean withMean, boolean withStd) {
        return new BatchNorm()
                .setInputCol("features")
                .setOutputCol("ours")
                .setPreset("standard-scaler")
                .setWithMean(withMean)
                .setWithStd(withStd);
    }

    private static StandardScaler scaler(boolean withMean, boolean withStd) {
        return new StandardScaler()
                .setInputCol("features")
                .setOutputCol("theirs")
                .setWithMean(withMean)
                .setWithStd(withStd);
    }

    private Dataset<Row> wine() {
        Dataset<Row> wine = spark().read()
                .option("header", true)
                .option("inferSchema", true)
                .csv("jobs/examples/wine.csv");
        String[] features = Stream.of(wine.columns())
                .filter(name -> !name.equals("cultivar"))
                .toArray(String[]::new);
        return new VectorAssembler()
                .setInputCols(features)
                .setOutputCol("features")
                .transform(wine.na().drop());
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void givesTheSameOnWine(boolean withMean, boolean withStd) {
        Dataset<Row> wine = wine();
        Dataset<Row> theirs = scaler(withMean, withStd).fit(wine).transform(wine);
        List<Row> both = preset(withMean, withStd)
                .fit(wine)
                .transform(theirs)
                .select("theirs", "ours")
                .collectAsList();
        assertThat(both).hasSizeGreaterThan(100);
        for (Row row : both) {
            double[] expected = row.<Vector>getAs(0).toArray();
            double[] found = row.<Vector>getAs(1).toArray();
            assertThat(found).hasSameSizeAs(expected);
            for (int c = 0; c < found.length; c++) {
                double size = Math.max(1, Math.abs(expected[c]));
                assertThat(Math.abs(found[c] - expected[c])).isLessThanOrEqualTo(1e-12 * size);
            }
        }
    }

    @Test
    void defaultsAreTheSame() {
        BatchNorm ours =
                new BatchNorm().setInputCol("features").setOutputCol("ours").setPreset("standard-scaler");
        StandardScaler theirs = new StandardScaler().setInputCol("features").setOutputCol("theirs");
        Dataset<Row> wine = wine();
        Row row = ours.fit(wine).transform(theirs.fit(wine).transform(wine)).first();
        assertThat(row.<Vector>getAs("ours").apply(3))
                .isCloseTo(row.<Vector>getAs("theirs").apply(3), offset(1e-12));
    }

    @Test
    void isRightFarFromZeroWhereTheirsIsNot() {
        double[] values =
                IntStream.range(0, 40).mapToDouble(i -> 1e15 + (i % 5) * 0.125).toArray();
        Dataset<Row> data = vectors(values);
        Dataset<Row> theirs = scaler(true, true).fit(data).transform(data);
        List<Row> both = preset(true, true).fit(data).transform(theirs).collectAsList();
        BigDecimal mean = Arrays.stream(values)
                .mapToObj(BigDecimal::new)
                .reduce(BigDecimal.ZERO, BigDecimal::add)
                .divide(new BigDecimal(values.length), DIGITS);
        BigDecimal spread = Arrays.stream(values)
                .mapToObj(v -> new BigDecimal(v).subtract(mean).pow(2))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        BigDecimal deviation =
                spread.divide(new BigDecimal(values.length - 1), DIGITS).sqrt(DIGITS);
        double worstOfTheirs = 0;
        for (Row row : both) {
            double x = row.<Vector>getAs("features").apply(0);
            BigDecimal expected = new BigDecimal(x).subtract(mean).divide(deviation, DIGITS);
            assertThat(error(row.<Vector>getAs("ours").apply(0), expected)).isLessThanOrEqualTo(1e-15);
            worstOfTheirs =
                    Math.max(worstOfTheirs, error(row.<Vector>getAs("theirs").apply(0), expected));
        }
        assertThat(worstOfTheirs).isGreaterThan(1e-3);
    }

    @Test
    void aConstantChannelIsZeroWhereTheirsMayNotBe() {
        double[] values = new double[30];
        Arrays.fill(values, 0.1);
        Dataset<Row> data = vectors(values);
        BatchNormModel model = preset(true, true).fit(data);
        assertThat(model.summary().constantChannels()).containsExactly(0);
        for (Row row : model.transform(data).select("ours").collectAsList()) {
            assertThat(row.<Vector>getAs(0).apply(0)).isZero();
        }
    }

    private static double error(double found, BigDecimal expected) {
        return new BigDecimal(found).subtract(expected).abs().doubleValue();
    }

    private Dataset<Row> vectors(double[] values) {
        List<Row> rows = Arrays.stream(values)
                .mapToObj(v -> RowFactory.create(Vectors.dense(v)))
                .toList();
        return spark().createDataFrame(rows, new StructType().add("features", SQLDataTypes.VectorType()));
    }
}
