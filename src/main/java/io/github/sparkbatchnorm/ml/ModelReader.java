package io.github.sparkbatchnorm.ml;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.Base64;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.jspecify.annotations.Nullable;
import scala.Option;

/** Loads what {@link ModelWriter} saved. */
final class ModelReader extends StageReader<BatchNormModel> {
    ModelReader() {
        super(BatchNormModel.class);
    }

    @Override
    BatchNormModel stage(DefaultParamsReader.Metadata saved) throws JsonProcessingException {
        JsonNode json = new ObjectMapper().readTree(saved.metadataJson());
        BatchNormState state = StateJson.read(text(json, ModelWriter.STATE), "state");
        String record = text(json, ModelWriter.MOMENTS);
        ChannelMoments moments = record.isEmpty() ? null : moments(record, state);
        BatchNormModel model = new BatchNormModel(saved.uid(), state, moments);
        saved.getAndSetParams(model, Option.empty());
        return model;
    }

    private static @Nullable ChannelMoments moments(String record, BatchNormState state) {
        ChannelMoments moments = ChannelMoments.fromRecord(Base64.getDecoder().decode(record));
        if (moments.channels() != state.numFeatures()) {
            throw new IllegalArgumentException(
                    "moments of " + moments.channels() + " channels, and a state of " + state.numFeatures());
        }
        return moments;
    }

    /** The text whose pieces are in an array. */
    private static String text(JsonNode metadata, String key) {
        JsonNode pieces = metadata.get(key);
        if (pieces == null || !pieces.isArray()) {
            throw new IllegalArgumentException("metadata has no array '" + key + "'");
        }
        StringBuilder text = new StringBuilder();
        pieces.forEach(piece -> text.append(piece.asText()));
        return text.toString();
    }
}
