package io.github.sparkbatchnorm.spark.shims;

import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import scala.Function1;
import scala.Option;
import scala.collection.AbstractIterator;
import scala.collection.Iterator;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;

/** A Parquet source under Spark's own scan, which gives the vectors of another engine: option {@code vectors}. */
public final class ForeignFormat extends ParquetFileFormat {
    private static final long serialVersionUID = 1L;

    @Override
    public Option<Seq<String>> vectorTypes(StructType required, StructType partition, SQLConf conf) {
        return Option.empty();
    }

    @Override
    public Function1<PartitionedFile, Iterator<InternalRow>> buildReaderWithPartitionValues(
            SparkSession session,
            StructType data,
            StructType partition,
            StructType required,
            Seq<Filter> filters,
            Map<String, String> options,
            Configuration hadoop) {
        Function1<PartitionedFile, Iterator<InternalRow>> reader =
                super.buildReaderWithPartitionValues(session, data, partition, required, filters, options, hadoop);
        ForeignVectors vectors = ForeignVectors.valueOf(options.apply("vectors"));
        return (Function1<PartitionedFile, Iterator<InternalRow>> & Serializable)
                file -> wrap(reader.apply(file), vectors);
    }

    /** Batches travel as rows: nothing looks at their class on the way. */
    @SuppressWarnings("unchecked")
    private static Iterator<InternalRow> wrap(Iterator<?> batches, ForeignVectors vectors) {
        return (Iterator<InternalRow>) (Iterator<?>) new AbstractIterator<Object>() {
            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Object next() {
                return vectors.wrap((ColumnarBatch) batches.next());
            }
        };
    }
}
