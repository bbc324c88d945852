package io.github.sparkbatchnorm.spark.tensor;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.JavaSerializer;

/** The classes of this package that Spark sends between driver and executors; no API. */
public final class KryoClasses {
    private KryoClasses() {}

    /**
     * Registers the classes.
     *
     * @param kryo where they are registered
     */
    public static void register(Kryo kryo) {
        kryo.register(BatchKey.class);
        kryo.register(Findings.class, new FindingsSerializer());
    }

    /** Findings in Java's form, or one byte where there are none, as mostly. */
    private static final class FindingsSerializer extends Serializer<Findings> {
        @SuppressWarnings("unchecked") // Kryo's own is a raw type
        private final Serializer<Findings> some = new JavaSerializer();

        FindingsSerializer() {
            super(false, true);
        }

        @Override
        public void write(Kryo kryo, Output out, Findings findings) {
            out.writeBoolean(findings.isEmpty());
            if (!findings.isEmpty()) {
                some.write(kryo, out, findings);
            }
        }

        @Override
        public Findings read(Kryo kryo, Input in, Class<Findings> type) {
            return in.readBoolean() ? Findings.NONE : some.read(kryo, in, type);
        }
    }
}
