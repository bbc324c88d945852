package io.github.sparkbatchnorm.io;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of the format safetensors: the length of its header in 8 bytes, the header in JSON, and the data, which the
 * tensors cover without holes and overlaps.
 *
 * @see <a href="https://huggingface.co/docs/safetensors#format">the format</a>
 */
final class Safetensors implements TensorArchive {
    /** The format allows 100 MB. A tensor takes some 100 bytes, so that no model comes near to this. */
    private static final int MAX_HEADER = 16 << 20;

    private static final int ALIGNMENT = 8;

    private final byte[] content;
    private final int dataStart;
    private final Map<String, SafetensorsHeader.Entry> entries;

    private Safetensors(byte[] content, int dataStart, Map<String, SafetensorsHeader.Entry> entries) {
        this.content = content;
        this.dataStart = dataStart;
        this.entries = entries;
    }

    /** The bytes that the format's own library writes: wide types first, and by name among one type. */
    static byte[] write(Map<String, Tensor> tensors) {
        List<Map.Entry<String, Tensor>> inOrder = new ArrayList<>(tensors.entrySet());
        inOrder.sort(Comparator.comparing(
                        (Map.Entry<String, Tensor> named) -> named.getValue().type())
                .reversed()
                .thenComparing(Map.Entry::getKey));
        StringBuilder header = new StringBuilder("{");
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Map.Entry<String, Tensor> named : inOrder) {
            Tensor tensor = named.getValue();
            int begin = data.size();
            data.writeBytes(tensor.toBytes());
            header.append(begin == 0 ? "\"" : ",\"")
                    .append(JsonStringEncoder.getInstance().quoteAsString(named.getKey()))
                    .append("\":{\"dtype\":\"")
                    .append(tensor.type())
                    .append("\",\"shape\":")
                    .append(Arrays.toString(tensor.shape()).replace(" ", ""))
                    .append(",\"data_offsets\":[")
                    .append(begin)
                    .append(',')
                    .append(data.size())
                    .append("]}");
        }
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer file = ByteBuffer.allocate(Math.addExact(Long.BYTES + padded, data.size()))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded)
                .put(json);
        while (file.position() < Long.BYTES + padded) {
            file.put((byte) ' ');
        }
        return file.put(data.toByteArray()).array();
    }

    /**
     * Checks a file: its header, and that the tensors cover the data.
     *
     * @throws IllegalArgumentException if it is not of this format
     */
    static Safetensors parse(byte[] content) {
        if (content.length < Long.BYTES) {
            throw new IllegalArgumentException("a file of " + content.length
                    + " bytes; expected a safetensors file, which begins with 8 for a length");
        }
        long length = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0 || length > content.length - Long.BYTES) {
            throw new IllegalArgumentException("the header has " + Long.toUnsignedString(length) + " bytes, but only "
                    + (content.length - Long.BYTES) + " follow; expected a whole safetensors file");
        }
        if (length > MAX_HEADER) {
            throw new IllegalArgumentException(
                    "the header has " + length + " bytes; expected at most " + MAX_HEADER + " (16 MiB)");
        }
        int dataStart = Long.BYTES + (int) length;
        Map<String, SafetensorsHeader.Entry> entries = SafetensorsHeader.parse(text(content, Long.BYTES, (int) length));
        checkOffsets(entries, content.length - dataStart);
        return new Safetensors(content, dataStart, entries);
    }

    private static String text(byte[] content, int offset, int length) {
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content, offset, length));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the header is no text in UTF-8; expected a safetensors file", e);
        }
    }

    private static void checkOffsets(Map<String, SafetensorsHeader.Entry> entries, int dataLength) {
        List<Map.Entry<String, SafetensorsHeader.Entry>> inOrder = new ArrayList<>(entries.entrySet());
        inOrder.sort(Comparator.comparing(Map.Entry::getValue, SafetensorsHeader.Entry.BY_OFFSETS));
        long end = 0;
        for (Map.Entry<String, SafetensorsHeader.Entry> named : inOrder) {
            SafetensorsHeader.Entry entry = named.getValue();
            if (entry.begin() != end || entry.end() < end) {
                throw new IllegalArgumentException(Quoted.text(named.getKey()) + " has the data_offsets "
                        + entry.begin() + " and " + entry.end() + "; expected it to begin at " + end
                        + ", where the one before ends, and not to end before");
            }
            end = entry.end();
        }
        if (end != dataLength) {
            throw new IllegalArgumentException("the tensors end at byte " + end + " of the data, which has "
                    + dataLength + " bytes; expected both to be the same: the file is damaged");
        }
    }

    @Override
    public Set<String> names() {
        return entries.keySet();
    }

    @Override
    public Tensor read(String name) {
        SafetensorsHeader.Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no tensor " + Quoted.text(name));
        }
        @Nullable ElementType type = ElementType.named(entry.dtype());
        if (type == null) {
            throw new IllegalArgumentException(Quoted.text(name) + " has the dtype " + Quoted.text(entry.dtype())
                    + "; expected one of " + Arrays.toString(ElementType.values()));
        }
        // Checked beside the data: within an array.
        int length = (int) (entry.end() - entry.begin());
        if (bytes(entry.shape(), type) != length) {
            throw new IllegalArgumentException(Quoted.text(name) + " has the shape " + Arrays.toString(entry.shape())
                    + " of " + type + ", but " + length + " bytes; the file is damaged");
        }
        return Tensor.of(type, entry.shape(), content, dataStart + (int) entry.begin(), length);
    }

    /** The bytes of a tensor; -1 if a long cannot tell. */
    private static long bytes(long[] shape, ElementType type) {
        long bytes = type.bytes();
        for (long axis : shape) {
            if (Math.multiplyHigh(bytes, axis) != 0 || bytes * axis < 0) {
                return -1;
            }
            bytes *= axis;
        }
        return bytes;
    }
}
