package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The forward pass of one row. A row that cannot be used ends the task with a {@link BatchNormException}. */
public final class NormalizeFunction extends TensorFunction {
    private static final long serialVersionUID = 1L;

    private final Broadcast<BatchTransforms> transforms;
    private final int channels;
    private final boolean failsOnNonFinite;

    private transient @Nullable BatchKey lastKey;
    private transient @Nullable ChannelTransform lastTransform;

    /**
     * @param argument the struct of {@link TensorColumn#columns}, with the description of the row where the policy is
     *     to fail
     */
    NormalizeFunction(
            StructType argument,
            TensorColumn tensor,
            Broadcast<BatchTransforms> transforms,
            int channels,
            NonFinitePolicy policy) {
        super(argument, tensor);
        this.transforms = transforms;
        this.channels = channels;
        this.failsOnNonFinite = policy == NonFinitePolicy.FAIL;
    }

    @Override
    public DataType resultType() {
        return tensor().codec().outputType();
    }

    /** Called by Spark for each row: the output value, null for a null sample that is kept. */
    public @Nullable Object invoke(InternalRow row) {
        Sample sample = read(row);
        Findings.Defect defect = tensor().defect(sample.content());
        if (defect != null || sample.content() == Sample.Content.WRONG_SIZE) {
            throw unusable(defect, sample);
        }
        if (sample.content() != Sample.Content.VALUES) {
            return null; // kept, or dropped by a filter
        }
        SampleShape shape = sample.shape();
        if (shape.channels() != channels) {
            throw new BatchNormException(tensor().describe() + ": a row with C = " + shape.channels()
                    + "; expected C = " + channels + ", as the state has");
        }
        if (failsOnNonFinite) {
            checkFinite(row, sample);
        }
        ChannelTransform transform = transform(row);
        Object x = sample.denseValues();
        Object y = x instanceof float[] floats ? transform.apply(floats, shape) : transform.apply((double[]) x, shape);
        return tensor().codec().write(y, sample);
    }

    private ChannelTransform transform(InternalRow row) {
        BatchTransforms all = transforms.value();
        BatchKey key = all.isByBatch() ? tensor().batchKey(row) : BatchKey.NONE;
        ChannelTransform transform = lastTransform;
        if (transform == null || lastKey == null || !key.equals(lastKey)) {
            transform = all.of(key);
            if (transform == null) {
                throw new BatchNormException(tensor().describe() + ": a row of batch " + key
                        + " that the statistics pass did not see; expected the same rows in both passes");
            }
            lastTransform = transform;
            lastKey = key;
        }
        return transform;
    }

    private BatchNormException unusable(Findings.@Nullable Defect defect, Sample sample) {
        Findings findings = new Findings();
        if (defect != null) {
            findings.addDefect(defect, null);
        } else {
            findings.addSize(sample.size(), 1, null);
        }
        return new BatchNormException(tensor().describe() + ": " + findings.describe(tensor().expectedSize()));
    }

    private void checkFinite(InternalRow row, Sample sample) {
        int place = sample.firstNonFinite();
        if (place >= 0) {
            Object values = sample.values();
            double value = values instanceof float[] floats ? floats[place] : ((double[]) values)[place];
            String example = tensor().example(row);
            throw new BatchNormException(tensor().describe() + ": " + value + " in channel "
                    + tensor().channelName(sample.channelOf(place)) + (example.isEmpty() ? "" : " of row " + example)
                    + "; expected finite values, or --non-finite propagate, skip-batch or ignore");
        }
    }
}
