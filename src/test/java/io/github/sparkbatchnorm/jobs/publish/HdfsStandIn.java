package io.github.sparkbatchnorm.jobs.publish;

import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Names files as HDFS does: with and without the port that is its default, they are the same. */
public final class HdfsStandIn extends FilterFileSystem {
    private URI uri = URI.create("hdfs://host");

    /** As Hadoop makes file systems. */
    public HdfsStandIn() {
        super(new RawLocalFileSystem());
    }

    public static Configuration configuration() {
        Configuration configuration = new Configuration();
        configuration.set("fs.hdfs.impl", HdfsStandIn.class.getName());
        configuration.setBoolean("fs.hdfs.impl.disable.cache", true);
        configuration.set("fs.defaultFS", "hdfs://host");
        return configuration;
    }

    @Override
    public void initialize(URI name, Configuration conf) {
        uri = URI.create(name.getScheme() + "://" + name.getAuthority());
    }

    @Override
    public URI getUri() {
        return uri;
    }

    @Override
    public Path makeQualified(Path path) {
        return path.makeQualified(uri, new Path("/"));
    }

    @Override
    public String getCanonicalServiceName() {
        return uri.getPort() < 0 ? uri.getHost() + ":8020" : uri.getAuthority();
    }
}
