package io.github.sparkbatchnorm.ml;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.Base64;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.MLReader;
import org.jspecify.annotations.Nullable;
import scala.Option;

/** Loads what {@link ModelWriter} saved. */
final class ModelReader extends MLReader<BatchNormModel> {
    @Override
    public BatchNormModel load(String path) {
        DefaultParamsReader.Metadata metadata;
        try {
            metadata = DefaultParamsReader.loadMetadata(path, sparkSession(), BatchNormModel.class.getName());
        } catch (Exception e) { // Spark throws exceptions that the compiler does not know of
            throw unreadable(path, e);
        }
        try {
            JsonNode json = new ObjectMapper().readTree(metadata.metadataJson());
            BatchNormState state = StateJson.read(text(json, ModelWriter.STATE), "state");
            String record = text(json, ModelWriter.MOMENTS);
            ChannelMoments moments = record.isEmpty() ? null : moments(record, state);
            BatchNormModel model = new BatchNormModel(metadata.uid(), state, moments);
            metadata.getAndSetParams(model, Option.empty());
            return model;
        } catch (Exception e) {
            throw unreadable(path, e);
        }
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

    private static BatchNormException unreadable(String path, Exception cause) {
        String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        return new BatchNormException(
                path + " cannot be read as a BatchNormModel: " + reason
                        + "; expected a folder that its save or write wrote",
                cause);
    }
}
