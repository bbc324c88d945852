package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.spark.shims.ScannedFiles;
import io.github.sparkbatchnorm.spark.state.HadoopFiles;
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
 * The places that an input means: the files that Spark will read, and the files and folders that were named, with
 * patterns expanded and links followed.
 */
final class InputPaths {
    /** What was named, with the text that named it. */
    private final Map<Path, String> roots = new LinkedHashMap<>();

    /** Patterns that were named, with their text. */
    private final Map<Path, String> patterns = new LinkedHashMap<>();

    private final Set<Path> files = new HashSet<>();
    /** The folders that the files are in. */
    private final Set<Path> folders = new HashSet<>();

    private final String description;

    private InputPaths(String description) {
        this.description = description;
    }

    /**
     * Finds the places.
     *
     * @throws UsageException if a place is named twice, so that its rows would count twice
     */
    static InputPaths of(InputSource source, Dataset<Row> data, Configuration configuration) throws IOException {
        InputPaths places = new InputPaths(source.description());
        for (String file : ScannedFiles.of(data)) {
            Path path = new Path(URI.create(file));
            Path place = HadoopFiles.identity(path, configuration);
            places.files.add(place);
            // Of a table of Hive its folder is known, no files.
            boolean folder = source.isTable()
                    && !path.getName().contains(".")
                    && HadoopFiles.fileSystem(path, configuration)
                            .getFileStatus(path)
                            .isDirectory();
            places.folders.add(folder ? place : place.getParent());
        }
        if (source.isTable()) {
            places.folders.forEach(folder -> places.roots.put(withoutPartitions(folder), source.description()));
        } else if (!places.files.isEmpty()) { // else it is no source of files, or has none
            for (String text : source.paths()) {
                places.addRoots(text, configuration);
            }
            places.checkNested(
                    Boolean.parseBoolean(new ReaderOptions(source.options()).get("recursiveFileLookup", "false")));
        }
        return places;
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

    /** A pattern below the place that the folder above its first joker means. */
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

    private static UsageException twice(String one, String other, Path place) {
        return new UsageException((one.equals(other)
                        ? "--input " + one + " means "
                        : "--input " + one + " and --input " + other + " mean ")
                + place + (one.equals(other) ? " twice" : ", both")
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

    /** Whether a place is in a folder, at any depth. */
    static boolean contains(Path outer, Path inner) {
        for (Path p = inner.getParent(); p != null; p = p.getParent()) {
            if (p.equals(outer)) {
                return true;
            }
        }
        return false;
    }

    /** What was named and is at a place, or in it; null if nothing of it is read. */
    @Nullable
    String readAt(Path place) {
        for (Map.Entry<Path, String> root : roots.entrySet()) {
            if (root.getKey().equals(place) || contains(place, root.getKey())) {
                return root.getValue();
            }
        }
        boolean read = files.contains(place)
                || folders.stream().anyMatch(folder -> folder.equals(place) || contains(place, folder));
        return read ? description : null;
    }

    /**
     * What named a folder that a place is in, or is a pattern that fits the place, so that it would be read the next
     * time; null without one.
     */
    @Nullable
    String holding(Path place) throws IOException {
        for (Path p = place.getParent(); p != null; p = p.getParent()) {
            String root = roots.get(p);
            if (root != null) {
                return root;
            }
        }
        for (Map.Entry<Path, String> pattern : patterns.entrySet()) {
            Path p = place;
            while (p.depth() > pattern.getKey().depth()) {
                p = p.getParent();
            }
            if (fits(pattern.getKey(), p)) {
                return pattern.getValue();
            }
        }
        return null;
    }

    /** Whether each name of a path fits that of a pattern. Braces with a slash in them fit nothing. */
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

    /** Whether a place is all that was named, and holds all that is read. */
    boolean isAll(Path place) {
        return roots.size() == 1
                && roots.containsKey(place)
                && files.stream().allMatch(file -> file.equals(place) || contains(place, file));
    }

    /** A file in a folder that Spark could read but does not; null if there is none. */
    @Nullable
    Path firstUnread(Path folder, Configuration configuration) throws IOException {
        Path top = HadoopFiles.identity(folder, configuration);
        RemoteIterator<LocatedFileStatus> all =
                HadoopFiles.fileSystem(folder, configuration).listFiles(folder, true);
        while (all.hasNext()) {
            LocatedFileStatus file = all.next();
            Path place = HadoopFiles.identity(file.getPath(), configuration);
            if (!files.contains(place) && !isHiddenIn(top, place) && file.getLen() > 0) {
                return place;
            }
        }
        return null;
    }

    private static boolean isHiddenIn(Path folder, Path place) {
        for (Path p = place; p.getParent() != null && !p.equals(folder); p = p.getParent()) {
            if (isHidden(p)) {
                return true;
            }
        }
        return false;
    }
}
