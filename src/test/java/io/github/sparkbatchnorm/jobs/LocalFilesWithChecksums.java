package io.github.sparkbatchnorm.jobs;

import org.apache.hadoop.fs.LocalFileSystem;

/** Hadoop's local file system on {@link LocalFiles}; {@code core-site.xml} makes it that of all tests. */
public final class LocalFilesWithChecksums extends LocalFileSystem {
    public LocalFilesWithChecksums() {
        super(new LocalFiles());
    }
}
