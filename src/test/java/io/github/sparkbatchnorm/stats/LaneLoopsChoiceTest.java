package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.sparkbatchnorm.VectorApi;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which loops a JVM gets. */
class LaneLoopsChoiceTest {
    /** The plain loops under another name, with one flaw at most. */
    private static final class Candidate extends LaneLoops {
        private final ScalarLaneLoops plain = new ScalarLaneLoops();
        private final String flaw;

        Candidate(String flaw) {
            this.flaw = flaw;
        }

        @Override
        void range(float[] x, int first, int stride, int rows, int from, int to, LaneLoops.Ranges out) {
            plain.range(x, first, stride, rows, from, to, out);
            spoil("float minimum", out.min, to - 1);
            spoil("float maximum", out.max, from);
            spoil("float smallest", out.smallest, to - 1);
        }

        @Override
        void range(double[] x, int first, int stride, int rows, int from, int to, LaneLoops.Ranges out) {
            plain.range(x, first, stride, rows, from, to, out);
            spoil("minimum", out.min, from);
            spoil("maximum", out.max, to - 1);
            spoil("smallest", out.smallest, from);
        }

        @Override
        void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, LaneLoops.Sums out) {
            plain.sum(x, y, first, stride, rows, from, to, out);
            spoil("float sum", out.sumHigh, from);
            spoil("float product", out.productHigh, to - 1);
            spoil("low part of float product", out.productLow, from);
        }

        @Override
        void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, LaneLoops.Sums out) {
            plain.sum(x, y, first, stride, rows, from, to, out);
            spoil("sum", out.sumHigh, from);
            spoil("low part of sum", out.sumLow, from);
            spoil("product", out.productHigh, to - 1);
            spoil("low part of product", out.productLow, to - 1);
            spoil("error", out.errorHigh, to - 1);
            spoil("low part of error", out.errorLow, to - 1);
        }

        /** Changes the last bit of a number. */
        private void spoil(String of, double[] numbers, int lane) {
            if (flaw.equals(of)) {
                numbers[lane] = Math.nextUp(numbers[lane]);
            }
        }
    }

    @Test
    void jvmWithTheVectorApiGetsItsLoopsAndAnyOtherPlainOnes() {
        String expected = VectorApi.isExpected() ? "VectorLaneLoops" : "ScalarLaneLoops";
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "vectors of other machines may be short or long");
        assertThat(LaneLoops.BEST.getClass().getSimpleName()).isEqualTo(expected);
    }

    @Test
    void candidateThatGivesTheBitsOfPlainLoopsIsChosen() {
        assertThat(LaneLoops.best(() -> new Candidate("none"))).isInstanceOf(Candidate.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "float minimum",
                "float maximum",
                "float smallest",
                "minimum",
                "maximum",
                "smallest",
                "float sum",
                "float product",
                "low part of float product",
                "sum",
                "low part of sum",
                "product",
                "low part of product",
                "error",
                "low part of error"
            })
    void candidateThatDiffersInOneBitIsNotChosen(String flaw) {
        assertThat(LaneLoops.best(() -> new Candidate(flaw))).isInstanceOf(ScalarLaneLoops.class);
    }

    @Test
    void candidateThatFailsWhenFirstUsedIsNotChosen() {
        for (Error error : new Error[] {
            new NoSuchMethodError("IntVector.min"),
            new IncompatibleClassChangeError(),
            new ExceptionInInitializerError()
        }) {
            LaneLoops chosen = LaneLoops.best(() -> new FailingLoops(error));
            assertThat(chosen).isInstanceOf(ScalarLaneLoops.class);
        }
    }

    @Test
    void candidateThatCannotBeMadeIsNotChosen() {
        Callable<LaneLoops> missing = () -> {
            throw new ClassNotFoundException("jdk.incubator.vector.DoubleVector");
        };
        Callable<LaneLoops> broken = () -> {
            throw new NoClassDefFoundError("jdk/incubator/vector/DoubleVector");
        };
        assertThat(LaneLoops.best(missing)).isInstanceOf(ScalarLaneLoops.class);
        assertThat(LaneLoops.best(broken)).isInstanceOf(ScalarLaneLoops.class);
    }

    /** Loops that link only when they run. */
    private static final class FailingLoops extends LaneLoops {
        private final Error error;

        FailingLoops(Error error) {
            this.error = error;
        }

        @Override
        void range(float[] x, int first, int stride, int rows, int from, int to, LaneLoops.Ranges out) {
            throw error;
        }

        @Override
        void range(double[] x, int first, int stride, int rows, int from, int to, LaneLoops.Ranges out) {
            throw error;
        }

        @Override
        void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, LaneLoops.Sums out) {
            throw error;
        }

        @Override
        void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, LaneLoops.Sums out) {
            throw error;
        }
    }
}
