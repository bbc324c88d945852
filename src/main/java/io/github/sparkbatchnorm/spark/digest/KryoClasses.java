package io.github.sparkbatchnorm.spark.digest;

import com.esotericsoftware.kryo.Kryo;
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
        kryo.register(RowSum.class, new JavaSerializer());
    }
}
