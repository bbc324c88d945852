package io.github.sparkbatchnorm.jobs.publish;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The hidden folder of a run beside its targets, {@code _batchnorm-UUID}. New outputs are written in it as
 * {@code new-NAME}, and old ones are kept in it as {@code old-NAME} until everything is published. Besides, it holds
 * {@value #ALIVE}, a sign of life, from the start; {@value #JOURNAL} from before the first move; and
 * {@value #PUBLISHED} from after the last.
 *
 * @param path of the folder
 * @param fileSystem of the folder
 */
record StagingFolder(Path path, FileSystem fileSystem) {
    static final String PREFIX = "_batchnorm-";
    static final String NEW = "new-";
    static final String OLD = "old-";
    static final String JOURNAL = "journal.json";
    static final String PUBLISHED = "published";
    static final String ALIVE = "alive";

    private static final Pattern NAME = Pattern.compile(Pattern.quote(PREFIX) + "[0-9a-f-]{36}");

    /** Whether a path has the name of a staging folder. */
    static boolean isNamed(Path path) {
        return NAME.matcher(path.getName()).matches();
    }

    /** The staging folders in a folder, which need not be there. */
    static List<StagingFolder> in(Path parent, FileSystem fileSystem) throws IOException {
        List<StagingFolder> found = new ArrayList<>();
        if (HadoopFiles.status(fileSystem, parent) != null) {
            for (FileStatus status : fileSystem.listStatus(parent, StagingFolder::isNamed)) {
                if (status.isDirectory()) {
                    found.add(new StagingFolder(status.getPath(), fileSystem));
                }
            }
        }
        return found;
    }

    /** The UUID of the run. */
    String run() {
        return path.getName().substring(PREFIX.length());
    }

    /** The place of something in the folder. */
    Path at(String name) {
        return new Path(path, name);
    }

    boolean exists() throws IOException {
        return HadoopFiles.status(fileSystem, path) != null;
    }

    boolean has(String name) throws IOException {
        return HadoopFiles.status(fileSystem, at(name)) != null;
    }

    /** The names of what is in the folder; none if it is not there. */
    List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        if (exists()) {
            for (FileStatus entry : fileSystem.listStatus(path)) {
                names.add(entry.getPath().getName());
            }
        }
        return names;
    }

    /** The names of the targets whose old ones are in the folder. */
    List<String> oldNames() throws IOException {
        return names().stream()
                .filter(name -> name.startsWith(OLD))
                .map(name -> name.substring(OLD.length()))
                .toList();
    }

    /** Writes a file of the folder, or replaces it. */
    void write(String name, byte[] content) throws IOException {
        if (fileSystem instanceof RawLocalFileSystem local) {
            // Without its native library Hadoop would start a process to set the mode.
            Files.write(local.pathToFile(at(name)).toPath(), content);
            return;
        }
        try (OutputStream out = fileSystem.create(at(name), true)) {
            out.write(content);
        }
    }

    /**
     * Deletes something in the folder.
     *
     * @throws IOException if it is still there
     */
    void remove(String name) throws IOException {
        if (!HadoopFiles.delete(fileSystem, at(name))) {
            throw new IOException("could not delete " + at(name));
        }
    }

    /**
     * Deletes the folder, its journal and the mark after everything else: what is left of a deletion that is cut short
     * is known to be published, or holds nothing that was.
     *
     * @return whether it is gone
     */
    boolean deletePublished() {
        try {
            for (String name : names()) {
                if (!name.equals(JOURNAL) && !name.equals(PUBLISHED) && !name.equals(ALIVE)) {
                    remove(name);
                }
            }
            remove(JOURNAL);
        } catch (IOException | RuntimeException e) {
            return false;
        }
        return delete();
    }

    /**
     * Deletes the folder.
     *
     * @return whether it is gone
     */
    boolean delete() {
        return HadoopFiles.delete(fileSystem, path);
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
