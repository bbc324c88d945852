package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.MergeContract;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ArrayReader;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import scala.Tuple2;

/** Rows of floats and of doubles, with values that are not finite, and some with a channel that is missing. */
class BatchMergeTest extends MergeContract<BatchMergeTest.Sample, BatchPart> {
    private static final ScanSums BOTH = new ScanSums(true, true, false);
    private static final BatchKey KEY = BatchKey.of(1);
    private static final SampleShape SHAPE = SampleShape.channelsFirst(3);

    /** x and dy, each {@code float[]} or {@code double[]}. */
    record Sample(Object x, Object dy, boolean isMissing) {}

    @Override
    protected Sample value(Random random) {
        double[] x = random.doubles(3, -5, 5).toArray();
        double[] dy = random.doubles(3, -1, 1).toArray();
        if (random.nextInt(30) == 0) {
            x[1] = random.nextBoolean() ? Double.NaN : Double.POSITIVE_INFINITY;
        }
        boolean isFloat = random.nextInt(20) == 0;
        return new Sample(
                isFloat ? RowSample.toFloats(x) : x,
                random.nextInt(20) == 0 ? RowSample.toFloats(dy) : dy,
                random.nextInt(40) == 0);
    }

    private static BatchPart part(ScanSums sums, SampleShape shape, Stream<Sample> samples) {
        TensorColumn column = TensorColumn.ofArrays("samples", shape);
        RowInspector<Tuple2<Object, Object>> inspector =
                new RowInspector<>(new ArrayReader<>(column, sums.gradients() ? column : null, false));
        OpenBatches.Batch batch = new OpenBatches.Batch(
                shape.channels(), sums, () -> new RowAccumulator(shape.channels(), sums, new Workspace()));
        samples.forEach(sample -> {
            assertThat(inspector.read(new Tuple2<>(sample.x, sample.dy))).isTrue();
            if (sample.isMissing) {
                boolean[] missing = {false, true, false};
                inspector.sample().setMissing(missing);
                inspector.gradients().setMissing(missing);
            }
            batch.add(inspector.sample(), inspector.gradients());
        });
        return batch.part();
    }

    private static BatchPart vectors(int rows) {
        return part(
                ScanSums.OF_SAMPLES,
                SHAPE,
                Stream.generate(() -> new Sample(new double[3], new double[0], false))
                        .limit(rows));
    }

    @Override
    protected BatchPart of(List<Sample> values) {
        return values.isEmpty() ? Partial.EMPTY : part(BOTH, SHAPE, values.stream());
    }

    private static Partial merge(BatchPart... parts) {
        List<Tuple2<BatchKey, BatchPart>> sorted = new ArrayList<>();
        for (BatchPart part : parts) {
            sorted.add(new Tuple2<>(KEY, part));
        }
        BatchMerge merge = new BatchMerge(sorted.iterator(), BOTH);
        Tuple2<BatchKey, Partial> merged = merge.next();
        assertThat(merged._1()).isEqualTo(KEY);
        assertThat(merge.hasNext()).isFalse();
        return merged._2();
    }

    @Override
    protected BatchPart combine(BatchPart a, BatchPart b) {
        return merge(a, b);
    }

    @Override
    protected Object bits(BatchPart merged) {
        Partial sums = merge(merged);
        return Arrays.<Object>asList(sums.moments(), sums.gradients());
    }

    @Example
    void partsOfOtherChannelsAddNothing() {
        FewRows three = new FewRows(new double[] {1, 2, 3}, new double[3], 3);
        FewRows two = new FewRows(new double[] {1, 2}, new double[2], 2);
        assertThat(merge(three, two).moments()).isEqualTo(merge(three).moments());
        assertThat(merge(three, two, merge(two)).gradients())
                .isEqualTo(merge(three).gradients());
    }

    @Example
    void rowsAreHandedOnWhileTheyAreNotMuchLargerThanTheirSums() {
        assertThat(vectors(25)).isInstanceOf(FewRows.class);
        assertThat(vectors(26)).isInstanceOf(Partial.class);
        assertThat(merge(vectors(50)).moments())
                .isEqualTo(merge(vectors(25), vectors(25)).moments());
        assertThat(merge(vectors(60)).moments())
                .isEqualTo(merge(vectors(25), vectors(10), vectors(25)).moments());
        Sample pair = new Sample(new double[3], new double[3], false);
        assertThat(part(BOTH, SHAPE, Stream.generate(() -> pair).limit(31))).isInstanceOf(FewRows.class);
        assertThat(part(BOTH, SHAPE, Stream.generate(() -> pair).limit(32))).isInstanceOf(Partial.class);
    }

    @Example
    void whatIsNoVectorOfOneTypeIsSummed() {
        Sample floats = new Sample(new float[3], new float[3], false);
        Sample doubles = new Sample(new double[3], new double[3], false);
        Sample missing = new Sample(new double[3], new double[3], true);
        assertThat(of(List.of(floats, floats))).isInstanceOf(FewRows.class);
        assertThat(of(List.of(floats, doubles))).isInstanceOf(Partial.class);
        assertThat(of(List.of(new Sample(new float[3], new double[3], false)))).isInstanceOf(Partial.class);
        assertThat(of(List.of(missing))).isInstanceOf(Partial.class);
        Sample image = new Sample(new double[6], new double[6], false);
        assertThat(part(BOTH, SampleShape.channelsLast(2, 3), Stream.of(image))).isInstanceOf(FewRows.class);
        assertThat(part(BOTH, SampleShape.channelsFirst(3, 2), Stream.of(image)))
                .isInstanceOf(Partial.class);
    }

    @Example
    void veryManyChannelsAreSummedAtOnce() {
        int channels = FewRows.MAX_CHANNELS + 1;
        Sample wide = new Sample(new float[channels], new float[0], false);
        assertThat(part(ScanSums.OF_SAMPLES, SampleShape.channelsFirst(channels), Stream.of(wide)))
                .isInstanceOf(Partial.class);
    }
}
