package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;

/** The columns whose values are in the names of folders, as in {@code k=0/part.parquet}. */
final class PartitionFolders {
    private PartitionFolders() {}

    /** The columns of partitioned data in a folder, outermost first; empty if the data is not partitioned. */
    static List<String> columns(Dataset<Row> data, Path folder, Configuration configuration) {
        String[] files = data.inputFiles();
        List<String> columns = new ArrayList<>();
        if (files.length > 0) {
            Path root = resolve(folder, configuration);
            Path inner = resolve(new Path(URI.create(files[0])), configuration).getParent();
            for (; inner != null && !inner.equals(root); inner = inner.getParent()) {
                int end = inner.getName().indexOf('=');
                if (end > 0) {
                    columns.add(ExternalCatalogUtils.unescapePathName(
                            inner.getName().substring(0, end)));
                }
            }
            columns.retainAll(List.of(data.columns()));
        }
        Collections.reverse(columns);
        return columns;
    }

    private static Path resolve(Path path, Configuration configuration) {
        try {
            return HadoopFiles.resolve(path, configuration);
        } catch (IOException e) {
            throw new BatchNormException(path + " cannot be followed to its place: " + ErrorLine.reason(e), e);
        }
    }
}
