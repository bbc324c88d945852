package io.github.sparkbatchnorm.sql.state;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Provenance;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.LocalScan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/** A state as a table with a row for each channel; its properties are what is one for all channels. */
public final class StateTable implements SupportsRead {
    private final String name;
    private final BatchNormState state;

    /**
     * @param name of the state
     * @param state as it was read
     */
    public StateTable(String name, BatchNormState state) {
        this.name = name;
        this.state = state;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Column[] columns() {
        return Arrays.stream(ChannelRows.STATE.fields())
                .map(field -> Column.create(field.name(), field.dataType(), field.nullable()))
                .toArray(Column[]::new);
    }

    @Override
    public Map<String, String> properties() {
        Map<String, String> properties = new TreeMap<>();
        properties.put("num_features", Integer.toString(state.numFeatures()));
        properties.put("eps", Double.toString(state.config().eps()));
        Double momentum = state.config().momentum();
        properties.put("momentum", momentum == null ? "none" : momentum.toString());
        properties.put("affine", Boolean.toString(state.config().affine()));
        properties.put("track_running_stats", Boolean.toString(state.config().trackRunningStats()));
        properties.put("num_batches_tracked", Long.toString(state.numBatchesTracked()));
        state.provenance().ifPresent(fitted -> put(fitted, properties));
        return properties;
    }

    private static void put(Provenance fitted, Map<String, String> properties) {
        put("rows", fitted.rows(), properties);
        put("digest", fitted.digest(), properties);
        put("shape", fitted.shape(), properties);
        put("layout", fitted.layout(), properties);
        put("dtype", fitted.dtype(), properties);
        put("input", String.join(", ", fitted.input()), properties);
        put("where", fitted.where(), properties);
    }

    private static void put(String key, @Nullable Object value, Map<String, String> properties) {
        if (value != null && !value.toString().isEmpty()) {
            properties.put(key, value.toString());
        }
    }

    @Override
    public Set<TableCapability> capabilities() {
        return Set.of(TableCapability.BATCH_READ);
    }

    @Override
    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
        return () -> new Channels(state);
    }

    private record Channels(BatchNormState state) implements LocalScan {
        @Override
        public StructType readSchema() {
            return ChannelRows.STATE;
        }

        @Override
        public InternalRow[] rows() {
            return ChannelRows.of(state).stream()
                    .map(row -> {
                        row[1] = UTF8String.fromString((String) row[1]);
                        return new GenericInternalRow(row);
                    })
                    .toArray(InternalRow[]::new);
        }
    }
}
