package io.github.sparkbatchnorm.spark.digest;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.Serializers;
import java.math.BigInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KryoClassesTest {
    @ParameterizedTest
    @EnumSource
    void sumsComeBackEqual(Serializers serializer) {
        RowSum sum = new RowSum(3, BigInteger.TWO.pow(255));
        assertThat(serializer.roundTrip(sum)).isEqualTo(sum);
    }
}
