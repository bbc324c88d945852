package io.github.sparkbatchnorm.spark.rows;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.JavaSerializer;

/** The classes of this package that Spark sends between driver and executors. */
public final class KryoClasses {
    private KryoClasses() {}

    /**
     * Registers the classes.
     *
     * @param kryo where they are registered
     */
    public static void register(Kryo kryo) {
        kryo.register(RowReport.class, new FindingsSerializer());
    }

    /** RowReport in Java's form, or one byte where there are none, as mostly. */
    private static final class FindingsSerializer extends Serializer<RowReport> {
        @SuppressWarnings("unchecked") // Kryo's own is a raw type
        private final Serializer<RowReport> some = new JavaSerializer();

        FindingsSerializer() {
            super(false, true);
        }

        @Override
        public void write(Kryo kryo, Output out, RowReport findings) {
            out.writeBoolean(findings.isEmpty());
            if (!findings.isEmpty()) {
                some.write(kryo, out, findings);
            }
        }

        @Override
        public RowReport read(Kryo kryo, Input in, Class<RowReport> type) {
            return in.readBoolean() ? RowReport.NONE : some.read(kryo, in, type);
        }
    }
}
