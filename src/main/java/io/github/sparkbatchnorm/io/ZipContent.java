package io.github.sparkbatchnorm.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a zip file in memory, by its directory. An entry is inflated when it is asked for, and no further than
 * the file may claim: a small file cannot take much memory or time.
 */
final class ZipContent {
    /** Of an entry that is deflated, when inflated: 2 million doubles. */
    private static final int MAX_INFLATED = 16 << 20;

    /** Deflate makes no run of bytes smaller than this. */
    private static final int MAX_RATIO = 1032;

    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END_LENGTH = 22;
    private static final int ENTRY_SIGNATURE = 0x02014b50;
    private static final int ENTRY_LENGTH = 46;
    private static final int LOCAL_SIGNATURE = 0x04034b50;
    private static final int LOCAL_LENGTH = 30;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;

    /** What the directory says of an entry. The sizes and the offset are unsigned. */
    private record Entry(int flags, int method, int crc, long packed, long size, long offset) {}

    private final byte[] content;
    private final Map<String, Entry> entries;

    private ZipContent(byte[] content, Map<String, Entry> entries) {
        this.content = content;
        this.entries = entries;
    }

    /** @throws IllegalArgumentException if the content is no zip file */
    static ZipContent parse(byte[] content) {
        ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int end = endRecord(file);
        int count = Short.toUnsignedInt(file.getShort(end + 10));
        long offset = Integer.toUnsignedLong(file.getInt(end + 16));
        Map<String, Entry> entries = new LinkedHashMap<>();
        long at = offset;
        for (int i = 0; i < count; i++) {
            if (at + ENTRY_LENGTH > end || file.getInt((int) at) != ENTRY_SIGNATURE) {
                throw new IllegalArgumentException("the zip directory has no entry at byte " + at + "; expected "
                        + count + ": the file is damaged");
            }
            at = addEntry(file, (int) at, end, entries);
        }
        if (at != end) {
            throw new IllegalArgumentException("the zip directory ends at byte " + at + "; expected " + end
                    + ": the file is damaged, or has more arrays than are read");
        }
        return new ZipContent(content, entries);
    }

    /** Where the record at the end of the file begins; a comment may follow it. */
    private static int endRecord(ByteBuffer file) {
        int last = file.limit() - END_LENGTH;
        for (int at = last; at >= Math.max(0, last - 0xffff); at--) {
            if (file.getInt(at) == END_SIGNATURE && Short.toUnsignedInt(file.getShort(at + 20)) == last - at) {
                return at;
            }
        }
        throw new IllegalArgumentException("no zip directory at the end; expected a whole npz file");
    }

    private static long addEntry(ByteBuffer file, int at, int end, Map<String, Entry> entries) {
        int nameLength = Short.toUnsignedInt(file.getShort(at + 28));
        long next = (long) at
                + ENTRY_LENGTH
                + nameLength
                + Short.toUnsignedInt(file.getShort(at + 30))
                + Short.toUnsignedInt(file.getShort(at + 32));
        if (next > end) {
            throw new IllegalArgumentException("the zip entry at byte " + at + " is cut; the file is damaged");
        }
        byte[] nameBytes = new byte[nameLength];
        file.get(at + ENTRY_LENGTH, nameBytes);
        String name = new String(nameBytes, StandardCharsets.UTF_8);
        Entry entry = new Entry(
                Short.toUnsignedInt(file.getShort(at + 8)),
                Short.toUnsignedInt(file.getShort(at + 10)),
                file.getInt(at + 16),
                Integer.toUnsignedLong(file.getInt(at + 20)),
                Integer.toUnsignedLong(file.getInt(at + 24)),
                Integer.toUnsignedLong(file.getInt(at + 42)));
        if (entries.put(name, entry) != null) {
            throw new IllegalArgumentException("two entries are named " + Quoted.text(name) + "; expected one");
        }
        return next;
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** @throws IllegalArgumentException naming the entry, if it is damaged, or not stored or deflated */
    byte[] read(String name) {
        String text = "zip entry " + Quoted.text(name);
        @Nullable Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no " + text);
        }
        if ((entry.flags & 1) != 0 || (entry.method != STORED && entry.method != DEFLATED)) {
            throw new IllegalArgumentException(text + " is encrypted, or packed by method " + entry.method
                    + "; expected it to be stored or deflated");
        }
        int start = start(entry, text);
        byte[] bytes;
        if (entry.method == DEFLATED) {
            bytes = inflate(start, entry, text);
        } else if (entry.size == entry.packed) {
            bytes = Arrays.copyOfRange(content, start, start + (int) entry.size);
        } else {
            throw new IllegalArgumentException(text + " is stored with " + entry.packed + " bytes in place of "
                    + entry.size + "; the file is damaged");
        }
        CRC32 crc = new CRC32();
        crc.update(bytes);
        if ((int) crc.getValue() != entry.crc) {
            throw new IllegalArgumentException(text + " does not have its checksum; the file is damaged");
        }
        return bytes;
    }

    /** Where an entry's bytes begin, all of which the file has. */
    private int start(Entry entry, String text) {
        ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        if (entry.offset + LOCAL_LENGTH > content.length || file.getInt((int) entry.offset) != LOCAL_SIGNATURE) {
            throw new IllegalArgumentException(text + " is not at byte " + entry.offset + "; the file is damaged");
        }
        int at = (int) entry.offset;
        long start = (long) at
                + LOCAL_LENGTH
                + Short.toUnsignedInt(file.getShort(at + 26))
                + Short.toUnsignedInt(file.getShort(at + 28));
        if (start + entry.packed > content.length) {
            throw new IllegalArgumentException(text + " has " + entry.packed + " bytes, but "
                    + Math.max(0, content.length - start) + " follow; the file is damaged");
        }
        return (int) start;
    }

    private byte[] inflate(int start, Entry entry, String text) {
        if (entry.size > MAX_INFLATED) {
            throw new IllegalArgumentException(text + " has " + entry.size + " bytes; expected at most " + MAX_INFLATED
                    + " of a compressed one: numpy.savez writes any size, uncompressed");
        }
        if (entry.size > entry.packed * MAX_RATIO) {
            throw new IllegalArgumentException(text + " claims " + entry.size + " bytes, more than its " + entry.packed
                    + " can hold; the file is damaged");
        }
        byte[] bytes = new byte[(int) entry.size];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(content, start, (int) entry.packed);
            int length = 0;
            for (int n = -1; n != 0 && length < bytes.length; length += n) {
                n = inflater.inflate(bytes, length, bytes.length - length);
            }
            // One byte more shows whether it ends here.
            if (length < bytes.length || inflater.inflate(new byte[1]) != 0 || !inflater.finished()) {
                throw new IllegalArgumentException(
                        text + " does not have its " + entry.size + " bytes; the file is damaged");
            }
            return bytes;
        } catch (DataFormatException e) {
            throw new IllegalArgumentException(text + " cannot be inflated; the file is damaged", e);
        } finally {
            inflater.end();
        }
    }
}
