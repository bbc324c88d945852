package io.github.sparkbatchnorm.spark.shims;

import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.Binary;
import org.jspecify.annotations.Nullable;

/** The column of floats or doubles that took the last value, among those observed. */
final class LastColumn {
    private @Nullable Observer last;

    /**
     * A column writer that tells this object of each float and double that it writes.
     *
     * @param elementLevel the repetition level of each element but the first of its array
     */
    ColumnWriter observe(ColumnWriter column, int elementLevel) {
        return new Observer(column, elementLevel);
    }

    /** Writes the elements after the first of an array whose first element was the last value written. */
    void writeRest(float[] values) {
        Observer to = taken();
        for (int i = 1; i < values.length; i++) {
            to.column.write(values[i], to.elementLevel, to.definitionLevel);
        }
    }

    /** Writes the elements after the first of an array whose first element was the last value written. */
    void writeRest(double[] values) {
        Observer to = taken();
        for (int i = 1; i < values.length; i++) {
            to.column.write(values[i], to.elementLevel, to.definitionLevel);
        }
    }

    private Observer taken() {
        Observer taken = last;
        if (taken == null) {
            throw new IllegalStateException("the first element of an array was written to no column of Parquet");
        }
        last = null;
        return taken;
    }

    private final class Observer implements ColumnWriter {
        private final ColumnWriter column;
        private final int elementLevel;
        private int definitionLevel;

        Observer(ColumnWriter column, int elementLevel) {
            this.column = column;
            this.elementLevel = elementLevel;
        }

        private void took(int level) {
            last = this;
            definitionLevel = level;
        }

        @Override
        public void write(float value, int repetitionLevel, int level) {
            column.write(value, repetitionLevel, level);
            took(level);
        }

        @Override
        public void write(double value, int repetitionLevel, int level) {
            column.write(value, repetitionLevel, level);
            took(level);
        }

        @Override
        public void write(int value, int repetitionLevel, int level) {
            column.write(value, repetitionLevel, level);
        }

        @Override
        public void write(long value, int repetitionLevel, int level) {
            column.write(value, repetitionLevel, level);
        }

        @Override
        public void write(boolean value, int repetitionLevel, int level) {
            column.write(value, repetitionLevel, level);
        }

        @Override
        public void write(Binary value, int repetitionLevel, int level) {
            column.write(value, repetitionLevel, level);
        }

        @Override
        public void writeNull(int repetitionLevel, int level) {
            column.writeNull(repetitionLevel, level);
        }

        @Override
        public void close() {
            column.close();
        }

        @Override
        public long getBufferedSizeInMemory() {
            return column.getBufferedSizeInMemory();
        }
    }
}
