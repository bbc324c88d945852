package io.github.sparkbatchnorm.stats;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops of the Vector API: as many lanes at a time as a vector of doubles has, all sums in registers; the lanes that
 * are left over one by one.
 *
 * <p>Ranges are found with integers that have the order of the numbers, NaN beyond the infinities, because minima and
 * maxima of floating-point vectors cost several instructions each.
 */
final class VectorLaneLoops extends LaneLoops {
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, DOUBLES.vectorShape());
    private static final VectorShape HALF = VectorShape.forBitSize(DOUBLES.vectorBitSize() / 2);
    private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, HALF);
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, HALF);
    private static final int STEP = DOUBLES.length();

    private final ScalarLaneLoops scalar = new ScalarLaneLoops();

    /** @throws UnsupportedOperationException if the vectors of this machine are too short to win */
    VectorLaneLoops() {
        if (STEP < 4) {
            throw new UnsupportedOperationException("vectors of " + STEP + " doubles");
        }
    }

    @Override
    void range(float[] x, int first, int stride, int rows, int from, int to, Ranges out) {
        int j = from;
        for (; j + STEP <= to; j += STEP) {
            rangeOfVector(x, first + j, stride, rows, j, out);
        }
        scalar.range(x, first, stride, rows, j, to, out);
    }

    private static void rangeOfVector(float[] x, int first, int stride, int rows, int j, Ranges out) {
        IntVector min = IntVector.broadcast(INTS, Integer.MAX_VALUE);
        IntVector max = IntVector.broadcast(INTS, Integer.MIN_VALUE);
        IntVector smallest = IntVector.broadcast(INTS, Integer.MAX_VALUE);
        for (int r = 0, i = first; r < rows; r++, i += stride) {
            IntVector bits = FloatVector.fromArray(FLOATS, x, i).reinterpretAsInts();
            IntVector magnitude = bits.and(Integer.MAX_VALUE);
            // 0 becomes the largest integer.
            smallest = smallest.min(magnitude.sub(1).and(Integer.MAX_VALUE));
            IntVector ordered = ordered(bits);
            min = min.min(ordered);
            max = max.max(ordered);
        }
        widen(ordered(min)).intoArray(out.min, j);
        widen(ordered(max)).intoArray(out.max, j);
        // A lane of zeros gets -0.0.
        widen(smallest.add(1)).intoArray(out.smallest, j);
    }

    /** Maps the bits of floats to integers of the same order, and back. */
    private static IntVector ordered(IntVector bits) {
        return bits.lanewise(
                VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 31).and(Integer.MAX_VALUE));
    }

    private static DoubleVector widen(IntVector bits) {
        return (DoubleVector) bits.reinterpretAsFloats().convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    private static DoubleVector load(float[] x, int i) {
        return (DoubleVector) FloatVector.fromArray(FLOATS, x, i).convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    @Override
    void range(double[] x, int first, int stride, int rows, int from, int to, Ranges out) {
        int j = from;
        for (; j + STEP <= to; j += STEP) {
            rangeOfVector(x, first + j, stride, rows, j, out);
        }
        scalar.range(x, first, stride, rows, j, to, out);
    }

    private static void rangeOfVector(double[] x, int first, int stride, int rows, int j, Ranges out) {
        LongVector min = LongVector.broadcast(LONGS, Long.MAX_VALUE);
        LongVector max = LongVector.broadcast(LONGS, Long.MIN_VALUE);
        LongVector smallest = LongVector.broadcast(LONGS, Long.MAX_VALUE);
        for (int r = 0, i = first; r < rows; r++, i += stride) {
            LongVector bits = DoubleVector.fromArray(DOUBLES, x, i).reinterpretAsLongs();
            LongVector magnitude = bits.and(Long.MAX_VALUE);
            smallest = smallest.min(magnitude.sub(1).and(Long.MAX_VALUE));
            LongVector ordered = ordered(bits);
            min = min.min(ordered);
            max = max.max(ordered);
        }
        ordered(min).reinterpretAsDoubles().intoArray(out.min, j);
        ordered(max).reinterpretAsDoubles().intoArray(out.max, j);
        smallest.add(1).reinterpretAsDoubles().intoArray(out.smallest, j);
    }

    private static LongVector ordered(LongVector bits) {
        return bits.lanewise(
                VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 63).and(Long.MAX_VALUE));
    }

    @Override
    void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, Sums out) {
        int j = from;
        for (; j + STEP <= to; j += STEP) {
            sumVector(x, y, first + j, stride, rows, j, out);
        }
        scalar.sum(x, y, first, stride, rows, j, to, out);
    }

    private static void sumVector(float[] x, float[] y, int first, int stride, int rows, int j, Sums out) {
        DoubleVector split = DoubleVector.fromArray(DOUBLES, out.splitProduct, j);
        DoubleVector sum = DoubleVector.zero(DOUBLES);
        DoubleVector high = DoubleVector.zero(DOUBLES);
        DoubleVector low = DoubleVector.zero(DOUBLES);
        for (int r = 0, i = first; r < rows; r++, i += stride) {
            DoubleVector v = load(x, i);
            DoubleVector p = v.mul(load(y, i));
            DoubleVector h = p.add(split).sub(split);
            sum = sum.add(v);
            high = high.add(h);
            low = low.add(p.sub(h));
        }
        sum.intoArray(out.sumHigh, j);
        high.intoArray(out.productHigh, j);
        low.intoArray(out.productLow, j);
    }

    @Override
    void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, Sums out) {
        int j = from;
        for (; j + STEP <= to; j += STEP) {
            sumVector(x, y, first + j, stride, rows, j, out);
        }
        scalar.sum(x, y, first, stride, rows, j, to, out);
    }

    private static void sumVector(double[] x, double[] y, int first, int stride, int rows, int j, Sums out) {
        DoubleVector splitSum = DoubleVector.fromArray(DOUBLES, out.splitSum, j);
        DoubleVector splitProduct = DoubleVector.fromArray(DOUBLES, out.splitProduct, j);
        DoubleVector splitError = DoubleVector.fromArray(DOUBLES, out.splitError, j);
        DoubleVector sumHigh = DoubleVector.zero(DOUBLES);
        DoubleVector sumLow = DoubleVector.zero(DOUBLES);
        DoubleVector productHigh = DoubleVector.zero(DOUBLES);
        DoubleVector productLow = DoubleVector.zero(DOUBLES);
        DoubleVector errorHigh = DoubleVector.zero(DOUBLES);
        DoubleVector errorLow = DoubleVector.zero(DOUBLES);
        for (int r = 0, i = first; r < rows; r++, i += stride) {
            DoubleVector v = DoubleVector.fromArray(DOUBLES, x, i);
            DoubleVector w = DoubleVector.fromArray(DOUBLES, y, i);
            DoubleVector h = v.add(splitSum).sub(splitSum);
            sumHigh = sumHigh.add(h);
            sumLow = sumLow.add(v.sub(h));
            DoubleVector p = v.mul(w);
            DoubleVector ph = p.add(splitProduct).sub(splitProduct);
            productHigh = productHigh.add(ph);
            productLow = productLow.add(p.sub(ph));
            DoubleVector error = v.lanewise(VectorOperators.FMA, w, p.neg());
            DoubleVector eh = error.add(splitError).sub(splitError);
            errorHigh = errorHigh.add(eh);
            errorLow = errorLow.add(error.sub(eh));
        }
        sumHigh.intoArray(out.sumHigh, j);
        sumLow.intoArray(out.sumLow, j);
        productHigh.intoArray(out.productHigh, j);
        productLow.intoArray(out.productLow, j);
        errorHigh.intoArray(out.errorHigh, j);
        errorLow.intoArray(out.errorLow, j);
    }
}
