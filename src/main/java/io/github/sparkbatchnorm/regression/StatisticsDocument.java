package io.github.sparkbatchnorm.regression;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.rows.BatchRows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of {@code stats} or of gradients.
 *
 * @param byBatch the object of each batch by its key as text; of the empty key without a batch column
 */
record StatisticsDocument(Map<String, JsonNode> byBatch) {
    /** The keys that hold a number for each channel. */
    private static final List<String> KEYS =
            List.of("count", "mean", "variance", "sample_variance", "min", "max", "nan", "infinite");

    static StatisticsDocument read(String json) {
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new JobFailure("JSON that cannot be read: " + e.getOriginalMessage());
        }
        Map<String, JsonNode> byBatch = new LinkedHashMap<>();
        if (root.has("batches")) {
            root.get("batches").forEach(batch -> byBatch.put(batch.get("batch").asText(), batch));
        } else {
            byBatch.put("", root);
        }
        return new StatisticsDocument(byBatch);
    }

    /** A number of a channel. */
    double number(String batch, String key, int channel) {
        JsonNode number = object(batch).path(key).path(channel);
        return number.isTextual() ? Double.parseDouble(number.asText()) : number.asDouble(Double.NaN);
    }

    private JsonNode object(String batch) {
        JsonNode object = byBatch.get(batch);
        if (object == null) {
            throw new JobFailure("no statistics of batch " + batch);
        }
        return object;
    }

    /** The number of channels. */
    int channels() {
        if (byBatch.isEmpty()) {
            throw new JobFailure("stats found no batch that has a value");
        }
        return byBatch.values().iterator().next().path("mean").size();
    }

    /**
     * Compares a channel with the exact one.
     *
     * @return the first number that differs, in words; null if all have the same bits
     */
    @Nullable
    String difference(String batch, int channel, ExactMoments exact) {
        List<Double> expected = new ArrayList<>(List.of(
                (double) exact.count(),
                exact.mean(),
                exact.variance(),
                exact.sampleVariance(),
                exact.min(),
                exact.max(),
                (double) exact.nan(),
                (double) (exact.positiveInfinite() + exact.negativeInfinite())));
        for (int i = 0; i < KEYS.size(); i++) {
            double found = number(batch, KEYS.get(i), channel);
            if (Double.compare(found, expected.get(i)) != 0) {
                return BatchRows.place(batch, channel) + ": " + KEYS.get(i) + " " + found + " for " + expected.get(i);
            }
        }
        return null;
    }
}
