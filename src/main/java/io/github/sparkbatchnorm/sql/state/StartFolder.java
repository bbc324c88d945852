package io.github.sparkbatchnorm.sql.state;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder of models that was set when Spark started. Under {@link PathPolicy#MODELS} a session has this folder or
 * one below it.
 *
 * @param setting the key of the setting
 * @param start the folder; blank if none was set
 * @param configuration the settings of Hadoop's file systems
 */
record StartFolder(String setting, String start, Configuration configuration) {
    /**
     * {@return the folder that a session names, without dots, and on the local file system without symbolic links: it
     * is what was checked}
     *
     * @param now the session's setting
     * @throws BatchNormException if it is neither the start folder nor below it
     */
    String below(String now) {
        if (now.isBlank() || now.equals(start)) {
            return now;
        }
        Optional<String> below = Optional.empty();
        try {
            below = start.isBlank() ? below : resolvedBelow(now);
        } catch (IOException e) {
            throw new BatchNormException(
                    setting + " is '" + now + "', which cannot be resolved: "
                            + e.getClass().getSimpleName(),
                    e);
        }
        return below.orElseThrow(() -> new BatchNormException(setting + " is '" + now + "', and " + PathPolicy.SETTING
                + " is models; expected "
                + (start.isBlank()
                        ? "no folder, since none was set when Spark started"
                        : "the folder that was set when Spark started, or one below it")));
    }

    private Optional<String> resolvedBelow(String now) throws IOException {
        Path root = new Path(start);
        // The only file system that is asked: a session cannot make the server open another one.
        FileSystem fileSystem = root.getFileSystem(configuration);
        String top = resolved(fileSystem, root).toUri().getPath();
        Path folder;
        try {
            folder = resolved(fileSystem, new Path(now));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        boolean below = withSeparator(folder.toUri().getPath()).startsWith(withSeparator(top));
        return below ? Optional.of(folder.toString()) : Optional.empty();
    }

    private static String withSeparator(String folder) {
        return folder.endsWith(Path.SEPARATOR) ? folder : folder + Path.SEPARATOR;
    }

    /**
     * The path in its file system.
     *
     * @throws IllegalArgumentException if it is no path, or one of another file system
     */
    private static Path resolved(FileSystem fileSystem, Path path) throws IOException {
        URI home = fileSystem.getUri();
        String name = fileSystem
                .makeQualified(new Path(path.toUri().normalize()))
                .toUri()
                .normalize()
                .getPath();
        boolean local = "file".equals(home.getScheme());
        String real = local ? new File(name).getCanonicalFile().toURI().getPath() : name;
        return new Path(home.getScheme(), home.getAuthority(), real);
    }
}
