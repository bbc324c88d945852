package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The samples of accumulators that one thread uses in turn wait in the same memory. */
class WorkspaceTest {
    private static final SampleShape SHAPE = SampleShape.channelsFirst(64);
    private static final long SAMPLE = 64 * Float.BYTES;
    /** 128 rows of two samples. */
    private static final int FULL = 256;

    private final Workspace workspace = new Workspace();

    private SampleBlocks blocks(int samples) {
        SampleBlocks blocks = new SampleBlocks(64, new MomentSums(64), workspace);
        for (int s = 0; s < samples; s++) {
            float[] sample = new float[64];
            blocks.add(sample, sample, SHAPE);
        }
        return blocks;
    }

    @Test
    void bufferGrowsToAFullBlock() {
        assertThat(blocks(0).heapBytes()).isZero();
        assertThat(blocks(1).heapBytes()).isEqualTo(SAMPLE);
        assertThat(blocks(2).heapBytes()).isEqualTo(4 * SAMPLE);
        assertThat(blocks(FULL).heapBytes()).isEqualTo(FULL * SAMPLE);
        assertThat(blocks(2 * FULL + 1).heapBytes()).isEqualTo(FULL * SAMPLE);
    }

    @Test
    void longRowsAreSummedBeforeTheyTakeMuchMemory() {
        SampleBlocks blocks = new SampleBlocks(1 << 13, new MomentSums(1 << 13), workspace);
        float[] sample = new float[1 << 13];
        for (int s = 0; s < 100; s++) {
            blocks.add(sample, sample, SampleShape.channelsFirst(1 << 13));
        }
        assertThat(blocks.heapBytes()).isEqualTo((1L << 18) * Float.BYTES);
    }

    @ParameterizedTest
    @ValueSource(ints = {FULL / 4, FULL / 3, FULL - 1})
    void releasedBufferIsTakenOnceByTheNextThatNeedsOne(int samples) {
        SampleBlocks first = blocks(samples);
        long released = first.heapBytes();
        first.releaseBuffer();
        assertThat(first.heapBytes()).isZero();
        assertThat(blocks(1).heapBytes()).isEqualTo(released);
        assertThat(blocks(1).heapBytes()).isEqualTo(SAMPLE);
    }

    @Test
    void bufferWithFewSamplesIsKept() {
        SampleBlocks first = blocks(FULL / 4 - 1);
        long before = first.heapBytes();
        first.releaseBuffer();
        assertThat(first.heapBytes()).isEqualTo(before);
        assertThat(blocks(1).heapBytes()).isEqualTo(SAMPLE);
    }

    @Test
    void bufferOfAnotherTypeOrLengthIsNotTaken() {
        SampleBlocks first = blocks(FULL / 4);
        long released = first.heapBytes();
        first.releaseBuffer();
        SampleBlocks doubles = new SampleBlocks(64, new MomentSums(64), workspace);
        double[] sample = new double[64];
        doubles.add(sample, sample, SHAPE);
        assertThat(doubles.heapBytes()).isEqualTo(2 * SAMPLE);
        SampleBlocks large = new SampleBlocks(64, new MomentSums(64), workspace);
        float[] largeSample = new float[64 * 127];
        for (int s = 0; s < 3; s++) {
            large.add(largeSample, largeSample, SampleShape.channelsFirst(64, 127));
        }
        assertThat(large.heapBytes()).isGreaterThanOrEqualTo(3 * 127 * SAMPLE);
        assertThat(blocks(1).heapBytes()).isEqualTo(released);
    }

    @Test
    void pairsKeepTheirBuffers() {
        SampleBlocks pairs = new SampleBlocks(64, new PairSums(64, false), workspace);
        for (int s = 0; s < FULL - 1; s++) {
            pairs.add(new float[64], new float[64], SHAPE);
        }
        long before = pairs.heapBytes();
        pairs.releaseBuffer();
        assertThat(pairs.heapBytes()).isEqualTo(before).isEqualTo(2 * FULL * SAMPLE);
    }
}
