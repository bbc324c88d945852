package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.spark.shims.ReadTables;
import io.github.sparkbatchnorm.spark.shims.ScannedFiles;
import java.io.IOException;
import java.net.URI;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * The paths of an input: the files that Spark will read, and the files and folders that the user named, with patterns
 * expanded and links followed.
 */
final class InputPaths {
    /** The named files and folders, each with the text that named it. */
    private final Map<Path, String> roots = new LinkedHashMap<>();

    /** The named patterns, each with its text. */
    private final Map<Path, String> patterns = new LinkedHashMap<>();

    private final Set<Path> files = new HashSet<>();
    /** The folders of the files. */
    private final Set<Path> folders = new HashSet<>();

    private final String description;

    private InputPaths(String description) {
        this.description = description;
    }

    /**
     * Finds the paths.
     *
     * @throws UsageException if a path is named twice, so that its rows would count twice
     */
    static InputPaths of(InputSource source, Dataset<Row> data, Configuration configuration) throws IOException {
        InputPaths paths = new InputPaths(source.description());
        Set<Path> named = source.isTable() ? ReadTables.namedFiles(data) : Set.of();
        for (String file : ScannedFiles.of(data)) {
            Path scanned = new Path(URI.create(file));
            Path path = HadoopFiles.identity(scanned, configuration);
            paths.files.add(path);
            if (named.contains(scanned)) { // a view of one file reads nothing beside it
                paths.roots.put(path, source.description());
                continue;
            }
            // A table of Hive has one path, that of its folder.
            boolean folder = source.isTable()
                    && !scanned.getName().contains(".")
                    && HadoopFiles.fileSystem(scanned, configuration)
                            .getFileStatus(scanned)
                            .isDirectory();
            paths.folders.add(folder ? path : path.getParent());
        }
        if (source.isTable()) {
            paths.folders.forEach(folder -> paths.roots.put(withoutPartitions(folder), source.description()));
        } else if (!paths.files.isEmpty()) { // a source that is not files, or has none, has no paths
            for (String text : source.paths()) {
                paths.addRoots(text, configuration);
            }
            paths.checkNested(
                    Boolean.parseBoolean(new ReaderOptions(source.options()).get("recursiveFileLookup", "false")));
        }
        return paths;
    }

    private void addRoots(String text, Configuration configuration) throws IOException {
        Path path = new Path(text);
        FileSystem fileSystem = HadoopFiles.fileSystem(path, configuration);
        FileStatus[] found = fileSystem.globStatus(fileSystem.makeQualified(path));
        if (InputSource.isPattern(text)) {
            patterns.put(patternAt(path, configuration), text);
        }
        for (FileStatus status : found == null ? new FileStatus[0] : found) {
            Path root = HadoopFiles.identity(status.getPath(), configuration);
            String other = roots.putIfAbsent(root, text);
            if (other != null) {
                throw twice(other, text, root);
            }
        }
    }

    /** A pattern whose folder above its first wildcard is resolved. */
    private static Path patternAt(Path path, Configuration configuration) throws IOException {
        Path parent = path.getParent();
        if (parent == null || !InputSource.isPattern(path.toUri().getPath())) {
            return HadoopFiles.identity(path, configuration);
        }
        return new Path(patternAt(parent, configuration), path.getName());
    }

    /** Spark reads the files in a folder and in its partitions {@code k=0}; in other folders only if told so. */
    private void checkNested(boolean recursive) {
        for (Map.Entry<Path, String> root : roots.entrySet()) {
            Path p = root.getKey();
            boolean seen = recursive || files.contains(p) || p.getName().contains("=");
            while (seen && p.getParent() != null && !isHidden(p)) {
                p = p.getParent();
                String above = roots.get(p);
                if (above != null) {
                    throw twice(above, root.getValue(), root.getKey());
                }
                seen = recursive || p.getName().contains("=");
            }
        }
    }

    private static UsageException twice(String one, String other, Path path) {
        return new UsageException((one.equals(other)
                        ? "--input " + one + " means "
                        : "--input " + one + " and --input " + other + " mean ")
                + path + (one.equals(other) ? " twice" : ", both")
                + ": its rows would count twice; name each place once");
    }

    private static boolean isHidden(Path path) {
        return path.getName().startsWith("_") || path.getName().startsWith(".");
    }

    private static Path withoutPartitions(Path folder) {
        Path table = folder;
        while (table.getParent() != null && table.getName().contains("=")) {
            table = table.getParent();
        }
        return table;
    }

    /** What the user named that is at a path or in it; null if nothing there is read. */
    @Nullable
    String readAt(Path path) {
        for (Map.Entry<Path, String> root : roots.entrySet()) {
            if (root.getKey().equals(path) || HadoopFiles.contains(path, root.getKey())) {
                return root.getValue();
            }
        }
        boolean read = files.contains(path)
                || folders.stream().anyMatch(folder -> folder.equals(path) || HadoopFiles.contains(path, folder));
        return read ? description : null;
    }

    /**
     * What the user named that would read a path the next time: a folder that the path is in, or a pattern that it
     * fits; null if there is none.
     */
    @Nullable
    String holding(Path path) throws IOException {
        for (Path p = path.getParent(); p != null; p = p.getParent()) {
            String root = roots.get(p);
            if (root != null) {
                return root;
            }
        }
        for (Map.Entry<Path, String> pattern : patterns.entrySet()) {
            Path p = path;
            while (p.depth() > pattern.getKey().depth()) {
                p = p.getParent();
            }
            if (fits(pattern.getKey(), p)) {
                return pattern.getValue();
            }
        }
        return null;
    }

    /** Whether each name in a path fits the one in a pattern. Braces with a slash in them fit nothing. */
    private static boolean fits(Path pattern, Path path) throws IOException {
        Path names = pattern;
        Path p = path;
        while (names.getParent() != null && p.getParent() != null) {
            if (!new GlobFilter(names.getName()).accept(p)) {
                return false;
            }
            names = names.getParent();
            p = p.getParent();
        }
        return names.equals(p);
    }

    /** Whether a path is all that the user named, and holds all that is read. */
    boolean isAll(Path path) {
        return roots.size() == 1
                && roots.containsKey(path)
                && files.stream().allMatch(file -> file.equals(path) || HadoopFiles.contains(path, file));
    }

    /** The first file in a folder that Spark could read but does not; null if there is none. */
    @Nullable
    Path firstUnread(Path folder, Configuration configuration) throws IOException {
        Path top = HadoopFiles.identity(folder, configuration);
        RemoteIterator<LocatedFileStatus> all =
                HadoopFiles.fileSystem(folder, configuration).listFiles(folder, true);
        while (all.hasNext()) {
            LocatedFileStatus file = all.next();
            Path path = HadoopFiles.identity(file.getPath(), configuration);
            if (!files.contains(path) && !isHiddenIn(top, path) && file.getLen() > 0) {
                return path;
            }
        }
        return null;
    }

    private static boolean isHiddenIn(Path folder, Path path) {
        for (Path p = path; p.getParent() != null && !p.equals(folder); p = p.getParent()) {
            if (isHidden(p)) {
                return true;
            }
        }
        return false;
    }
}
