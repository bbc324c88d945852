package io.github.sparkbatchnorm.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** NumPy's archive: a zip file with an array in each entry {@code NAME.npy}. */
final class Npz implements TensorArchive {
    private static final String SUFFIX = ".npy";

    /** The same in every file. The first month of 1980, with which the time of zip begins, would add a time zone. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private final ZipContent zip;
    private final Set<String> names;

    private Npz(ZipContent zip) {
        this.zip = zip;
        this.names = zip.names().stream()
                .filter(name -> name.endsWith(SUFFIX))
                .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Stored entries, in the order of the map. */
    static byte[] write(Map<String, Tensor> tensors) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
                byte[] array = NpyArray.write(tensor.getValue());
                CRC32 crc = new CRC32();
                crc.update(array);
                ZipEntry entry = new ZipEntry(tensor.getKey() + SUFFIX);
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(array.length);
                entry.setCrc(crc.getValue());
                entry.setTimeLocal(TIME);
                zip.putNextEntry(entry);
                zip.write(array);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the stream is memory
        }
        return bytes.toByteArray();
    }

    /**
     * Reads the list of the arrays.
     *
     * @throws IllegalArgumentException if the file is no zip file
     */
    static Npz parse(byte[] content) {
        return new Npz(ZipContent.parse(content));
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public Tensor read(String name) {
        return NpyArray.parse(zip.read(name + SUFFIX), name);
    }
}
