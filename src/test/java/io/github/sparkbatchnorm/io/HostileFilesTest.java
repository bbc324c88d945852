package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.npy;
import static io.github.sparkbatchnorm.io.FormatTesting.written;
import static io.github.sparkbatchnorm.io.FormatTesting.zip;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Files that are damaged, cut or made up give a state or the one exception, its message in one line, and take memory in
 * proportion to their own size.
 */
class HostileFilesTest {
    /** Far above what any of these files needs, and far below what they may claim to hold. */
    private static final long MOST_BYTES = 4 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private int states;
    private int errors;

    private static List<byte[]> files(StateFormat format) {
        BatchNormConfig config = new BatchNormConfig(0, 0.1, format != StateFormat.SKLEARN, true);
        BatchNormState state = FormatTesting.randomState(3, config, 5);
        List<byte[]> files = new ArrayList<>();
        files.add(written(format, state, FormatOptions.DEFAULT));
        files.add(written(format, state, FormatOptions.DEFAULT.withPrefix("layer1.bn")));
        if (format == StateFormat.NPZ) {
            byte[] ones = npy("<f8", "(50,)", FormatTesting.doubles(new double[50]));
            files.add(zip(ZipEntry.DEFLATED, "running_mean.npy", ones, "running_var.npy", ones));
        }
        return files;
    }

    private void read(StateFormat format, byte[] file) {
        long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        try {
            BatchNormState state = format.read(file, "the file", FormatOptions.DEFAULT);
            assertThat(state.numFeatures()).isPositive();
            states++;
        } catch (BatchNormException e) {
            assertThat(e.getMessage()).startsWith("the file: ").hasSizeLessThan(2500);
            assertThat(e.getMessage().lines()).hasSize(1);
            errors++;
        }
        long allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertThat(allocated).isLessThan(MOST_BYTES);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "ONNX")
    void everyByteIsFlipped(StateFormat format) {
        for (byte[] file : files(format)) {
            for (int i = 0; i < file.length; i++) {
                for (int flip : new int[] {0x01, 0x10, 0x80, 0xff}) {
                    byte[] damaged = file.clone();
                    damaged[i] ^= (byte) flip;
                    read(format, damaged);
                }
            }
        }
        assertThat(errors).isGreaterThan(500);
        assertThat(states).isGreaterThan(50); // the times in a zip file, spaces, digits
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "ONNX")
    void everyLengthIsCut(StateFormat format) {
        int whole = 0;
        for (byte[] file : files(format)) {
            for (int length = 0; length < file.length; length++) {
                read(format, Arrays.copyOf(file, length));
                byte[] end = Arrays.copyOfRange(file, file.length - length, file.length);
                read(format, end);
            }
            whole += new String(file, StandardCharsets.ISO_8859_1).endsWith("}\n") ? 1 : 0;
        }
        // JSON without its last newline is whole.
        assertThat(states).isEqualTo(whole);
        assertThat(errors).isGreaterThan(300);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "ONNX")
    void partsAreReplacedByRandomBytesAndHostileNumbers(StateFormat format) {
        Random random = new Random(17);
        byte[][] hostile = {
            {-1, -1, -1, -1},
            {-1, -1, -1, 127},
            {-1, -1, -1, -1, -1, -1, -1, 127},
            {0, 0, 0, -128},
            {0, 0, 0, 0, 1, 0, 0, 0},
            "9223372036854775807".getBytes(StandardCharsets.US_ASCII),
            "99999999999999999999".getBytes(StandardCharsets.US_ASCII),
            "1e999999999".getBytes(StandardCharsets.US_ASCII),
            "[[[[[[[[[[[[[[".getBytes(StandardCharsets.US_ASCII),
            "-1".getBytes(StandardCharsets.US_ASCII)
        };
        for (byte[] file : files(format)) {
            for (int round = 0; round < 4000; round++) {
                byte[] part = hostile[random.nextInt(hostile.length)];
                if (random.nextBoolean()) {
                    part = new byte[1 + random.nextInt(12)];
                    random.nextBytes(part);
                }
                byte[] damaged = file.clone();
                int at = random.nextInt(file.length);
                System.arraycopy(part, 0, damaged, at, Math.min(part.length, file.length - at));
                read(format, damaged);
            }
        }
        assertThat(errors).isGreaterThan(2000);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "ONNX")
    void randomBytesAreNoState(StateFormat format) {
        Random random = new Random(23);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = new byte[random.nextInt(400)];
            random.nextBytes(bytes);
            if (format == StateFormat.SAFETENSORS && bytes.length > 9) {
                Arrays.fill(bytes, 0, 8, (byte) 0);
                bytes[0] = (byte) random.nextInt(Math.min(bytes.length - 8, 128));
                bytes[8] = '{';
            }
            read(format, bytes);
        }
        assertThat(states).isZero();
        assertThat(errors).isEqualTo(2000);
    }
}
