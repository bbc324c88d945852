package io.github.sparkbatchnorm.regression.generate;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a row, in this order: id; x; batch and dy where asked for.
 *
 * @param x the columns of x
 * @param dy the columns of dy; null without
 * @param hasBatch whether there is a batch column
 */
record RowSchema(SampleCells x, @Nullable SampleCells dy, boolean hasBatch) {
    static final String ID = "id";
    static final String X = "x";
    static final String BATCH = "batch";
    static final String DY = "dy";

    static RowSchema of(GeneratorOptions options) {
        return new RowSchema(
                SampleCells.of(options, X),
                options.gradients() ? SampleCells.of(options, DY) : null,
                options.batches() > 0);
    }

    StructType type() {
        List<StructField> fields = new ArrayList<>();
        fields.add(DataTypes.createStructField(ID, DataTypes.LongType, false));
        fields.addAll(x.fields());
        if (hasBatch) {
            fields.add(DataTypes.createStructField(BATCH, DataTypes.LongType, false));
        }
        if (dy != null) {
            fields.addAll(dy.fields());
        }
        return DataTypes.createStructType(fields);
    }

    int width() {
        return afterX() + (hasBatch ? 1 : 0) + (dy == null ? 0 : dy.width());
    }

    private int afterX() {
        return 1 + x.width();
    }

    boolean hasDy() {
        return dy != null;
    }

    void putNumbers(@Nullable Object[] row, long id, long batch) {
        row[0] = id;
        if (hasBatch) {
            row[afterX()] = batch;
        }
    }

    void putX(SampleStream sample, @Nullable Object[] row) {
        x.put(sample, row, 1);
    }

    void putDy(SampleStream sample, @Nullable Object[] row) {
        if (dy != null) {
            dy.put(sample, row, row.length - dy.width());
        }
    }
}
