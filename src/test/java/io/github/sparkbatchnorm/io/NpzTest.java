package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.concat;
import static io.github.sparkbatchnorm.io.FormatTesting.doubles;
import static io.github.sparkbatchnorm.io.FormatTesting.floats;
import static io.github.sparkbatchnorm.io.FormatTesting.npy;
import static io.github.sparkbatchnorm.io.FormatTesting.written;
import static io.github.sparkbatchnorm.io.FormatTesting.zip;
import static io.github.sparkbatchnorm.io.StateFormat.NPZ;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
    private static final BatchNormState STATE = BatchNormState.of(
            BatchNormConfig.DEFAULT.withAffine(false), 2, null, null, new double[] {1, 2}, new double[] {3, 4}, 5);
    private static final byte[] FIVE = {5, 0, 0, 0, 0, 0, 0, 0};

    @Test
    void theArraysAreThoseThatNumpyWrites() throws Exception {
        byte[] file = written(NPZ, STATE, FormatOptions.DEFAULT);
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file))) {
            check(zip, "running_mean.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", floats(1, 2));
            check(zip, "running_var.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", floats(3, 4));
            check(zip, "num_batches_tracked.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", FIVE);
            assertThat(zip.getNextEntry()).isNull();
        }
    }

    private static void check(ZipInputStream zip, String name, String header, byte[] data) throws Exception {
        ZipEntry entry = zip.getNextEntry();
        assertThat(entry.getName()).isEqualTo(name);
        assertThat(entry.getTimeLocal()).isEqualTo("1980-02-01T00:00:00");
        assertThat(entry.getExtra()).isNull();
        int padding = 128 - 10 - header.length() - 1;
        assertThat(zip.readAllBytes()).isEqualTo(npy(1, header + " ".repeat(padding) + "\n", data));
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void everyVersionAndOrderOfKeysIsRead(int method) {
        byte[] file = zip(
                method,
                "bn.running_mean.npy",
                npy(2, "{'shape': (2,), 'descr': '<f8', 'fortran_order': True}", doubles(1, 2)),
                "bn.running_var.npy",
                npy(3, "{'fortran_order':False,'descr':'<f4','shape':(2 ,)}   \n", floats(3, 4)),
                "bn.num_batches_tracked.npy",
                npy("<i4", "()", new byte[] {5, 0, 0, 0}),
                "readme.txt",
                new byte[100]);
        assertThat(NPZ.read(file, "f", FormatOptions.DEFAULT)).isEqualTo(STATE);
        assertThat(NPZ.prefixes(file, "f")).containsExactly("bn");
        // A comment may follow.
        byte[] commented = concat(file, "PK\5\6 comment".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        commented[file.length - 2] = 12;
        assertThat(NPZ.read(commented, "f", FormatOptions.DEFAULT)).isEqualTo(STATE);
    }

    static Stream<Arguments> arrays() {
        return Stream.of(
                arguments(npy(">f4", "(2,)", floats(1, 2)), "has the type \">f4\"; expected <f8, <f4 or <f2,"),
                arguments(npy("|O", "(2,)", floats(1, 2)), "has the type \"|O\"; expected <f8,"),
                arguments(npy("<f4", "(2,1)", floats(1, 2)), "has the shape \"(2,1)\"; expected one axis, or none"),
                arguments(npy("<f4", "(2)", floats(1, 2)), "has the shape \"(2)\"; expected one axis, or none"),
                arguments(npy("<f4", "(3,)", floats(1, 2)), "has the shape [3] of F32, but 8 bytes; it is damaged"),
                arguments(npy("<f4", "(1,)", floats(1, 2)), "has the shape [1] of F32, but 8 bytes; it is damaged"),
                arguments(
                        npy("<f4", "(999999999999999,)", floats(1, 2)),
                        "has the shape [999999999999999] of F32, but 8"),
                arguments(
                        npy("<f4", "(4611686018427387906,)", floats(1, 2)), "has the shape \"(4611686018427387906,)\""),
                arguments(npy("<f4", "(-2,)", floats(1, 2)), "has the header "),
                arguments(npy("<f4", "(2,), 'more': 1", floats(1, 2)), "has the header "),
                arguments(npy(1, "{'descr': '<f4', 'shape': (2,)}", floats(1, 2)), "has the header "),
                arguments(
                        npy(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", floats(1, 2)),
                        "has the header "),
                arguments(npy(1, "", floats(1, 2)), "has the header \"\""),
                arguments(
                        npy(4, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", floats(1, 2)),
                        "is of version 4.0 of"),
                arguments(npy("<f4", "()", floats(1)), "has the shape []; expected [C] with C 1 or more"),
                arguments(npy("<f4", "(0,)", new byte[0]), "has the shape [0]; expected [C] with C 1 or more"),
                arguments(Arrays.copyOf(npy("<f4", "(2,)", floats(1, 2)), 20), "has a header of"),
                arguments(new byte[] {'P', 'K', 3, 4}, "does not begin as NumPy's arrays do; expected an npy file"),
                arguments(new byte[0], "does not begin as NumPy's arrays do; expected an npy file"));
    }

    @ParameterizedTest
    @MethodSource("arrays")
    void anArrayThatIsNotReadIsNamed(byte[] array, String message) {
        for (int method : new int[] {ZipEntry.STORED, ZipEntry.DEFLATED}) {
            byte[] file = zip(method, "running_mean.npy", array, "running_var.npy", npy("<f4", "(2,)", floats(3, 4)));
            assertThatThrownBy(() -> NPZ.read(file, "f.npz", FormatOptions.DEFAULT))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageMatching("(?s)f.npz: (array )?\"running_mean\" .*")
                    .hasMessageContaining(message)
                    .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
        }
    }

    @Test
    void aHeaderThatClaimsGigabytesIsRefused() {
        byte[] array = npy(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", floats(1, 2));
        ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN).putInt(8, -1);
        byte[] file = zip(ZipEntry.STORED, "running_mean.npy", array, "running_var.npy", array);
        assertThatThrownBy(() -> NPZ.read(file, "f", FormatOptions.DEFAULT))
                .hasMessageStartingWith(
                        "f: array \"running_mean\" has a header of 4294967295 bytes; expected at most ");
    }

    @Test
    void aZipBombIsRefusedBeforeItIsInflated() {
        byte[] zeros = npy("<f8", "(2097153,)", new byte[8 * 2097153]);
        byte[] bomb = zip(ZipEntry.DEFLATED, "running_mean.npy", zeros, "running_var.npy", zeros);
        assertThat(bomb.length).isLessThan(50_000);
        assertThatThrownBy(() -> NPZ.read(bomb, "f", FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: zip entry \"running_mean.npy\" has " + zeros.length
                        + " bytes; expected at most 16777216 of a"
                        + " compressed one: numpy.savez writes any size, uncompressed");
        assertThat(NPZ.prefixes(bomb, "f")).containsExactly("");
    }

    @Test
    void aSizeThatIsNotTheEntrysIsAnError() {
        byte[] array = npy("<f8", "(100,)", new byte[800]);
        byte[] file = zip(ZipEntry.DEFLATED, "running_mean.npy", array, "running_var.npy", array);
        int directory = indexOf(file, new byte[] {'P', 'K', 1, 2});
        int[] sizes = {0, array.length - 1, array.length + 1, 100_000, 1 << 24, -1};
        for (int size : sizes) {
            byte[] other = file.clone();
            ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putInt(directory + 24, size);
            assertThatThrownBy(() -> NPZ.read(other, "f", FormatOptions.DEFAULT))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageStartingWith("f: zip entry \"running_mean.npy\" ");
        }
        assertThat(NPZ.read(file, "f", FormatOptions.DEFAULT).numFeatures()).isEqualTo(100);
    }

    @Test
    void twoArraysOfOneNameAreAnError() {
        byte[] array = npy("<f4", "(1,)", floats(1));
        byte[] file =
                zip(ZipEntry.STORED, "running_mean.npy", array, "running_var.npy", array, "running_vax.npy", array);
        for (int at = indexOf(file, "running_vax".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                at >= 0;
                at = indexOf(file, "running_vax".getBytes(java.nio.charset.StandardCharsets.US_ASCII))) {
            file[at + 10] = 'r';
        }
        assertThatThrownBy(() -> NPZ.read(file, "f", FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: two entries are named \"running_var.npy\"; expected one");
    }

    @Test
    void otherFilesAreNamedForWhatTheyAreNot() {
        assertThatThrownBy(() -> NPZ.read(npy("<f4", "(1,)", floats(1)), "f", FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("f: no zip directory at the end; expected a whole npz file");
    }

    private static int indexOf(byte[] file, byte[] part) {
        for (int i = 0; i + part.length <= file.length; i++) {
            if (Arrays.equals(file, i, i + part.length, part, 0, part.length)) {
                return i;
            }
        }
        return -1;
    }
}
