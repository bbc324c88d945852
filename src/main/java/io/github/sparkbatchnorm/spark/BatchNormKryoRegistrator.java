package io.github.sparkbatchnorm.spark;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.InverseTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.training.BatchNormLayer;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelRuns;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.util.HashMap;
import java.util.function.Function;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.serializer.KryoRegistrator;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.CharType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DayTimeIntervalType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.VarcharType;
import org.apache.spark.sql.types.YearMonthIntervalType;

/**
 * Registers with Kryo every class that the jobs of this library send: partials, statistics, transforms, states.
 *
 * <p>Set it as {@code spark.kryo.registrator}; the jobs then run with {@code spark.kryo.registrationRequired}, too.
 */
public final class BatchNormKryoRegistrator implements KryoRegistrator {
    @Override
    public void registerClasses(Kryo kryo) {
        registerStatistics(kryo);
        registerLayer(kryo);
        kryo.register(HashMap.class);
        io.github.sparkbatchnorm.spark.codec.KryoClasses.register(kryo);
        io.github.sparkbatchnorm.spark.digest.KryoClasses.register(kryo);
        io.github.sparkbatchnorm.spark.rows.KryoClasses.register(kryo);
        io.github.sparkbatchnorm.spark.scan.KryoClasses.register(kryo);
        io.github.sparkbatchnorm.spark.transform.KryoClasses.register(kryo);
        kryo.register(RowDigest.class, new JavaSerializer());
        kryo.register(BatchNormLayer.class);
        registerSqlTypes(kryo);
    }

    private static void registerStatistics(Kryo kryo) {
        kryo.register(
                ChannelMoments.class,
                new BytesSerializer<>(ChannelMoments::toCompactBytes, ChannelMoments::fromCompactBytes));
        kryo.register(
                GradientSums.class,
                new BytesSerializer<>(GradientSums::toCompactBytes, GradientSums::fromCompactBytes));
        kryo.register(MomentsBuffer.class, new BytesSerializer<>(MomentsBuffer::toBytes, MomentsBuffer::from));
        kryo.register(ChannelRuns.class);
        kryo.register(ChannelStatistics.class);
    }

    private static void registerLayer(Kryo kryo) {
        kryo.register(BatchNormConfig.class, new JavaSerializer());
        kryo.register(BatchNormState.class, new JavaSerializer());
        kryo.register(ChannelTransform.class, new JavaSerializer());
        kryo.register(GradientTransform.class, new JavaSerializer());
        kryo.register(InverseTransform.class, new JavaSerializer());
        kryo.register(ChannelGradients.class);
        kryo.register(NonFinitePolicy.class);
    }

    /** Registers the types that Spark's own file sources send when they infer a schema. */
    private static void registerSqlTypes(Kryo kryo) {
        for (DataType type : new DataType[] {
            DataTypes.BinaryType,
            DataTypes.BooleanType,
            DataTypes.ByteType,
            DataTypes.CalendarIntervalType,
            DataTypes.DateType,
            DataTypes.DoubleType,
            DataTypes.FloatType,
            DataTypes.IntegerType,
            DataTypes.LongType,
            DataTypes.NullType,
            DataTypes.ShortType,
            DataTypes.StringType,
            DataTypes.TimestampNTZType,
            DataTypes.TimestampType,
            DataTypes.VariantType
        }) {
            kryo.register(type.getClass());
        }
        kryo.register(DataType[].class);
        kryo.register(ArrayType.class);
        kryo.register(CharType.class);
        kryo.register(DayTimeIntervalType.class);
        kryo.register(DecimalType.class);
        kryo.register(MapType.class);
        kryo.register(StringType.class);
        kryo.register(VarcharType.class);
        kryo.register(YearMonthIntervalType.class);
        kryo.register(SQLDataTypes.VectorType().getClass());
        kryo.register(SQLDataTypes.MatrixType().getClass());
    }

    /** An object as its canonical bytes. */
    private static final class BytesSerializer<T> extends Serializer<T> {
        private final Function<T, byte[]> toBytes;
        private final Function<byte[], T> fromBytes;

        BytesSerializer(Function<T, byte[]> toBytes, Function<byte[], T> fromBytes) {
            super(false, true);
            this.toBytes = toBytes;
            this.fromBytes = fromBytes;
        }

        @Override
        public void write(Kryo kryo, Output out, T object) {
            byte[] bytes = toBytes.apply(object);
            out.writeInt(bytes.length, true);
            out.writeBytes(bytes);
        }

        @Override
        public T read(Kryo kryo, Input in, Class<T> type) {
            return fromBytes.apply(in.readBytes(in.readInt(true)));
        }
    }
}
