package io.github.sparkbatchnorm.spark.scan;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The classes of this package that Spark sends between driver and executors. */
public final class KryoClasses {
    /** The records; made once, since Spark makes many a Kryo. */
    private static final List<RecordSerializer<?>> RECORDS = List.of(
            new RecordSerializer<>(Partial.class),
            new RecordSerializer<>(FewRows.class),
            new RecordSerializer<>(ScanReport.class),
            new RecordSerializer<>(BatchResult.Moments.class),
            new RecordSerializer<>(BatchResult.Statistics.class),
            new RecordSerializer<>(BatchResult.Gradients.class),
            new RecordSerializer<>(BatchResult.WithStatistics.class),
            new RecordSerializer<>(MergedBatches.Totals.class),
            new RecordSerializer<>(MergedBatches.Rounded.class),
            new RecordSerializer<>(MergedBatches.TooMany.class));

    private KryoClasses() {}

    /**
     * Registers the classes, and those of the JDK that they hold.
     *
     * @param kryo where they are registered
     */
    public static void register(Kryo kryo) {
        RECORDS.forEach(serializer -> kryo.register(serializer.type, serializer));
        kryo.register(Partial[].class);
        kryo.register(NonFiniteCounts.class);
        kryo.register(ArrayList.class);
    }

    /**
     * A record as its components: Kryo's own serializers set fields, and those of records cannot be set. What a record
     * holds is a tree, so its objects are written without a table of those before. Has no state, so that several Kryos
     * can use it.
     */
    private static final class RecordSerializer<T extends Record> extends Serializer<T> {
        private final Class<T> type;
        private final List<MethodHandle> accessors = new ArrayList<>();
        private final MethodHandle constructor;

        RecordSerializer(Class<T> type) {
            super(false, true);
            this.type = type;
            RecordComponent[] components = type.getRecordComponents();
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            try {
                for (RecordComponent component : components) {
                    accessors.add(lookup.unreflect(component.getAccessor())
                            .asType(MethodType.methodType(Object.class, Object.class)));
                }
                constructor = lookup.findConstructor(type, MethodType.methodType(void.class, types))
                        .asSpreader(Object[].class, types.length)
                        .asType(MethodType.methodType(Object.class, Object[].class));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("the record " + type.getName() + " cannot be serialized", e);
            }
        }

        @Override
        public void write(Kryo kryo, Output out, T object) {
            boolean references = kryo.setReferences(false);
            try {
                for (MethodHandle accessor : accessors) {
                    kryo.writeClassAndObject(out, component(accessor, object));
                }
            } finally {
                kryo.setReferences(references);
            }
        }

        private static @Nullable Object component(MethodHandle accessor, Object object) {
            try {
                return (Object) accessor.invokeExact(object);
            } catch (Throwable e) {
                throw new IllegalStateException("a component of " + object.getClass() + " cannot be read", e);
            }
        }

        @Override
        public T read(Kryo kryo, Input in, Class<T> asked) {
            @Nullable Object[] components = new Object[accessors.size()];
            boolean references = kryo.setReferences(false);
            try {
                for (int i = 0; i < components.length; i++) {
                    components[i] = kryo.readClassAndObject(in);
                }
            } finally {
                kryo.setReferences(references);
            }
            try {
                return type.cast((Object) constructor.invokeExact(components));
            } catch (Throwable e) {
                throw new IllegalStateException(type + " cannot be made of its components", e);
            }
        }
    }
}
