package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.MLWriter;
import org.json4s.JArray;
import org.json4s.JObject;
import org.json4s.JString;
import org.json4s.JValue;
import scala.Option;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Saves a model: its params, its state as the text of a state file and its moments as a record, all in the metadata,
 * which Spark writes to any file system, and to a local folder for its Connect server.
 */
final class ModelWriter extends MLWriter {
    static final String STATE = "state";
    static final String MOMENTS = "moments";

    private static final int PIECE = 16_000_000;

    private final BatchNormModel model;

    ModelWriter(BatchNormModel model) {
        this.model = model;
    }

    @Override
    public void saveImpl(String path) {
        JObject extra = object(List.of(
                new Tuple2<>(STATE, pieces(StateJson.write(model.state()))),
                new Tuple2<>(
                        MOMENTS,
                        pieces(model.momentsIfAny().map(ModelWriter::text).orElse("")))));
        DefaultParamsWriter.saveMetadata(model, path, sparkSession(), Option.apply(extra), Option.empty());
    }

    private static String text(ChannelMoments moments) {
        return Base64.getEncoder().encodeToString(moments.toRecord());
    }

    /** Spark reads no metadata with a longer text: of Jackson's 20,000,000 characters. */
    private static JValue pieces(String text) {
        List<JValue> pieces = new ArrayList<>();
        for (int i = 0; i < text.length(); i += PIECE) {
            pieces.add(new JString(text.substring(i, Math.min(i + PIECE, text.length()))));
        }
        return new JArray(CollectionConverters.asScala(pieces).toList());
    }

    private static JObject object(List<Tuple2<String, JValue>> fields) {
        return new JObject(CollectionConverters.asScala(fields).toList());
    }
}
