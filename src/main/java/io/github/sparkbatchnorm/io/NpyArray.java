package io.github.sparkbatchnorm.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NumPy's file of one array: a magic number, the version, the length of the header, a Python dictionary as header, and
 * the numbers.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the npy format</a>
 */
final class NpyArray {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int ALIGNMENT = 64;
    private static final int MAX_HEADER = 1 << 16;

    private static final Pattern DESCR = Pattern.compile("'descr'\\s*+:\\s*+'([^']*+)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*+:\\s*+(?:True|False)\\b");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*+:\\s*+\\(([0-9,\\s]*+)\\)");

    private NpyArray() {}

    /** The bytes of version 1.0, as NumPy writes them. */
    static byte[] write(Tensor tensor) {
        String shape = tensor.shape().length == 0 ? "()" : "(" + tensor.shape()[0] + ",)";
        String descr = Objects.requireNonNull(tensor.type().descr());
        String header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
        int start = MAGIC.length + 4;
        int end = (start + header.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] data = tensor.toBytes();
        ByteBuffer file = ByteBuffer.allocate(Math.addExact(end, data.length)).order(ByteOrder.LITTLE_ENDIAN);
        file.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (end - start));
        file.put(header.getBytes(StandardCharsets.US_ASCII));
        while (file.position() < end - 1) {
            file.put((byte) ' ');
        }
        return file.put((byte) '\n').put(data).array();
    }

    /**
     * Reads an array of rank 0 or 1.
     *
     * @param name names it in messages
     * @throws IllegalArgumentException naming it, if it is none, or of a type that is not read
     */
    static Tensor parse(byte[] file, String name) {
        String array = "array " + Quoted.text(name);
        int start = MAGIC.length + 2;
        if (file.length < start + 4 || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new IllegalArgumentException(array + " does not begin as NumPy's arrays do; expected an npy file");
        }
        int major = file[MAGIC.length];
        if (major < 1 || major > 3 || file[MAGIC.length + 1] != 0) {
            throw new IllegalArgumentException(array + " is of version " + major + "." + file[MAGIC.length + 1]
                    + " of the npy format; expected 1.0, 2.0 or 3.0");
        }
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(start);
        long length = major == 1 ? Short.toUnsignedInt(bytes.getShort()) : Integer.toUnsignedLong(bytes.getInt());
        if (length > Math.min(bytes.remaining(), MAX_HEADER)) {
            throw new IllegalArgumentException(array + " has a header of " + length + " bytes; expected at most "
                    + Math.min(bytes.remaining(), MAX_HEADER));
        }
        String header = new String(file, bytes.position(), (int) length, StandardCharsets.ISO_8859_1);
        int offset = bytes.position() + (int) length;
        return tensor(header, file, offset, array);
    }

    private static Tensor tensor(String header, byte[] file, int offset, String array) {
        // Item by item is taken out of the dictionary, which then is empty. The order is all the same for one axis.
        Matcher descr = DESCR.matcher(header);
        Matcher shape = SHAPE.matcher(header);
        String rest = SHAPE.matcher(DESCR.matcher(header).replaceFirst("")).replaceFirst("");
        String empty = ORDER.matcher(rest).replaceFirst("").replaceAll("\\s", "");
        if (!descr.find() || !shape.find() || !empty.matches("\\{,,,?}")) {
            throw new IllegalArgumentException(array + " has the header " + Quoted.text(header.strip())
                    + "; expected the type of a number as descr, fortran_order and shape");
        }
        ElementType type = ElementType.ofDescr(descr.group(1));
        if (type == null) {
            throw new IllegalArgumentException(array + " has the type " + Quoted.text(descr.group(1))
                    + "; expected <f8, <f4 or <f2, and <i8 or <i4 for whole numbers");
        }
        long[] axes = axes(shape.group(1), array);
        long length = file.length - (long) offset;
        if ((axes.length == 0 ? 1 : axes[0]) * type.bytes() != length) {
            throw new IllegalArgumentException(array + " has the shape " + Arrays.toString(axes) + " of " + type
                    + ", but " + length + " bytes; it is damaged");
        }
        return Tensor.of(type, axes, file, offset, (int) length);
    }

    /** No axis or one. */
    private static long[] axes(String tuple, String array) {
        String text = tuple.replaceAll("\\s", "");
        if (text.isEmpty()) {
            return new long[0];
        }
        // At most 15 digits: a product with the size of a number is a long, too.
        if (!text.matches("[0-9]{1,15},")) {
            throw new IllegalArgumentException(
                    array + " has the shape " + Quoted.text("(" + text + ")") + "; expected one axis, or none");
        }
        return new long[] {Long.parseLong(text.substring(0, text.length() - 1))};
    }
}
