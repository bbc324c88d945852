package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.holdenkarau.spark.testing.JavaRDDComparisons;
import java.util.List;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.StorageLevels;
import org.apache.spark.sql.Encoders;
import org.junit.jupiter.api.Test;

/** The shared session is what the other tests rely on. */
final class SharedSparkTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final class Unregistered {}

    @Test
    void isTheOneSessionOfTheProcess() {
        assertThat(spark().sparkContext()).isSameAs(sc());
        assertThat(sc().master()).isEqualTo("local[2]");
    }

    @Test
    void refusesClassesThatAreNotRegistered() {
        assertThatThrownBy(() -> jsc().parallelize(List.of(1, 2), 2)
                        .map(i -> new Unregistered())
                        .persist(StorageLevels.MEMORY_ONLY_SER)
                        .count())
                .isInstanceOf(SparkException.class)
                .hasMessageContaining("Class is not registered");
    }

    @Test
    void comparesDataSetsAndRdds() {
        var numbers = spark().createDataset(List.of(1L, 2L, 3L), Encoders.LONG());
        assertDatasetEquals(numbers, spark().range(1, 4).as(Encoders.LONG()));
        JavaRDDComparisons.assertRDDEqualsWithOrder(
                jsc().parallelize(List.of(1, 2), 1), jsc().parallelize(List.of(1, 2), 2));
    }
}
