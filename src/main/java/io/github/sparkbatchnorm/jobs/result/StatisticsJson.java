package io.github.sparkbatchnorm.jobs.result;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.generate.ExpectedStatistics;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.IOException;
import java.io.OutputStream;
import java.util.IdentityHashMap;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of {@code stats}, {@code generate} and {@code backward}: one object, or one object for each batch. Numbers
 * that are not finite are the strings NaN, Infinity and -Infinity.
 */
public final class StatisticsJson {
    private StatisticsJson() {}

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** Writes the statistics of a data set. */
    public static void write(DatasetStatistics statistics, OutputStream out) throws IOException {
        write(out, json -> {
            if (statistics.isByBatch()) {
                json.writeArrayFieldStart("batches");
                for (DatasetStatistics.Batch batch : statistics.batches()) {
                    writeBatch(batch.key(), same -> writeFields(batch.statistics(), same), json);
                }
                json.writeEndArray();
            } else {
                writeFields(statistics.whole(), json);
            }
        });
    }

    /** Writes the statistics that generated data has, in the same form, with their digest. */
    public static void write(ExpectedStatistics expected, String digest, OutputStream out) throws IOException {
        IdentityHashMap<ExactMoments, Rounded> known = new IdentityHashMap<>();
        int channels = expected.channels();
        write(out, json -> {
            json.writeStringField("digest", digest);
            if (!expected.isByBatch()) {
                writeFields(channels, c -> rounded(expected.moments(0, c), known), json);
                return;
            }
            json.writeArrayFieldStart("batches");
            for (long batch = 0; batch < expected.batches(); batch++) {
                if (expected.rows(batch) > 0) {
                    long key = batch;
                    IntFunction<Rounded> of = c -> rounded(expected.moments(key, c), known);
                    writeBatch(key, same -> writeFields(channels, of, same), json);
                }
            }
            json.writeEndArray();
        });
    }

    private static Rounded rounded(ExactMoments exact, IdentityHashMap<ExactMoments, Rounded> known) {
        return known.computeIfAbsent(exact, Rounded::of);
    }

    /**
     * Writes the gradients of weight and bias.
     *
     * @param affine whether the layer has weight and bias; if not, both are null
     */
    public static void write(DatasetGradients gradients, boolean affine, OutputStream out) throws IOException {
        write(out, json -> {
            if (gradients.isByBatch()) {
                json.writeArrayFieldStart("batches");
                for (DatasetGradients.Batch batch : gradients.batches()) {
                    writeBatch(batch.key(), same -> writeFields(batch.gradients(), affine, same), json);
                }
                json.writeEndArray();
            } else {
                writeFields(gradients.whole(), affine, json);
            }
        });
    }

    private static void write(OutputStream out, Fields fields) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    private static void writeBatch(@Nullable Object label, Fields fields, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeFieldName("batch");
        if (label instanceof Long number) {
            json.writeNumber(number);
        } else {
            json.writeString(String.valueOf(label));
        }
        fields.write(json);
        json.writeEndObject();
    }

    private static void writeFields(ChannelGradients gradients, boolean affine, JsonGenerator json) throws IOException {
        if (affine) {
            writeDoubles("weight", gradients.channels(), gradients::weight, json);
            writeDoubles("bias", gradients.channels(), gradients::bias, json);
        } else {
            json.writeNullField("weight");
            json.writeNullField("bias");
        }
    }

    private static void writeFields(ChannelStatistics s, JsonGenerator json) throws IOException {
        int channels = s.channels();
        json.writeNumberField("num_features", channels);
        writeLongs("count", channels, s::count, json);
        writeDoubles("mean", channels, s::mean, json);
        writeDoubles("variance", channels, s::populationVariance, json);
        writeDoubles("sample_variance", channels, s::sampleVariance, json);
        writeDoubles("min", channels, s::min, json);
        writeDoubles("max", channels, s::max, json);
        writeLongs("nan", channels, s::nanCount, json);
        writeLongs("infinite", channels, s::infinityCount, json);
    }

    private static void writeFields(int channels, IntFunction<Rounded> of, JsonGenerator json) throws IOException {
        json.writeNumberField("num_features", channels);
        writeLongs("count", channels, c -> of.apply(c).exact().count(), json);
        writeDoubles("mean", channels, c -> of.apply(c).mean(), json);
        writeDoubles("variance", channels, c -> of.apply(c).variance(), json);
        writeDoubles("sample_variance", channels, c -> of.apply(c).sampleVariance(), json);
        writeDoubles("min", channels, c -> of.apply(c).exact().min(), json);
        writeDoubles("max", channels, c -> of.apply(c).exact().max(), json);
        writeLongs("nan", channels, c -> of.apply(c).exact().nan(), json);
        writeLongs("infinite", channels, c -> of.apply(c).infinite(), json);
    }

    /** Exact moments, which few batches and channels do not share, and what takes long to compute of them. */
    private record Rounded(ExactMoments exact, double mean, double variance, double sampleVariance) {
        static Rounded of(ExactMoments exact) {
            return new Rounded(exact, exact.mean(), exact.variance(), exact.sampleVariance());
        }

        long infinite() {
            return exact.positiveInfinite() + exact.negativeInfinite();
        }
    }

    private static void writeLongs(String name, int channels, IntToLongFunction value, JsonGenerator json)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (int c = 0; c < channels; c++) {
            json.writeNumber(value.applyAsLong(c));
        }
        json.writeEndArray();
    }

    private static void writeDoubles(String name, int channels, IntToDoubleFunction value, JsonGenerator json)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (int c = 0; c < channels; c++) {
            json.writeNumber(value.applyAsDouble(c));
        }
        json.writeEndArray();
    }
}
