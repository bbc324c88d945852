package io.github.sparkbatchnorm.jobs;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;

/** The JSON of {@code stats}. Numbers that are not finite are the strings NaN, Infinity and -Infinity. */
final class StatisticsJson {
    private StatisticsJson() {}

    /** @param batched whether there is a batch column */
    static void write(DatasetStatistics statistics, boolean batched, OutputStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            if (batched) {
                json.writeArrayFieldStart("batches");
                for (DatasetStatistics.Batch batch : statistics.batches()) {
                    json.writeStartObject();
                    json.writeFieldName("batch");
                    if (batch.label() instanceof Long number) {
                        json.writeNumber(number);
                    } else {
                        json.writeString(String.valueOf(batch.label()));
                    }
                    writeFields(batch.statistics(), json);
                    json.writeEndObject();
                }
                json.writeEndArray();
            } else {
                writeFields(single(statistics), json);
            }
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    /** The statistics where there is no batch column: of no values, if there are none. */
    static ChannelStatistics single(DatasetStatistics statistics) {
        return statistics.batches().isEmpty()
                ? ChannelMoments.empty(statistics.channels()).statistics()
                : statistics.batches().get(0).statistics();
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
