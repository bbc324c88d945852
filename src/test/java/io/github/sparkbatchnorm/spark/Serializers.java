package io.github.sparkbatchnorm.spark;

import java.nio.ByteBuffer;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.Serializer;
import scala.reflect.ClassTag$;

/** Spark's serializers as jobs use them: Kryo refuses every class that is not registered. */
public enum Serializers {
    KRYO {
        @Override
        Serializer serializer() {
            return new KryoSerializer(new SparkConf(false)
                    .set("spark.kryo.registrator", BatchNormKryoRegistrator.class.getName())
                    .set("spark.kryo.registrationRequired", "true"));
        }
    },
    JAVA {
        @Override
        Serializer serializer() {
            return new JavaSerializer(new SparkConf(false));
        }
    };

    abstract Serializer serializer();

    public ByteBuffer write(Object value) {
        return serializer().newInstance().serialize(value, ClassTag$.MODULE$.apply(Object.class));
    }

    /** What another JVM gets. */
    public <T> T roundTrip(T value) {
        return serializer().newInstance().deserialize(write(value), ClassTag$.MODULE$.apply(Object.class));
    }
}
