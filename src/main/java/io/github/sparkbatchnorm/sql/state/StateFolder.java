package io.github.sparkbatchnorm.sql.state;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.sql.number.NumberFunctions;
import io.github.sparkbatchnorm.sql.tensor.TensorFunctions;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of models: the state files {@code DIR/NAME.json} that a session knows by name. The folder is the setting
 * {@code spark.sql.catalog.bn.models}; it is read anew each time.
 */
public final class StateFolder {
    /** The names of the catalog's own functions, and of its parts, which no state may have. */
    private static final Set<String> RESERVED = Stream.of(
                    NumberFunctions.all().stream().map(UnboundFunction::name),
                    TensorFunctions.all().stream().map(UnboundFunction::name),
                    Stream.of("states", "system"))
            .flatMap(names -> names)
            .collect(Collectors.toUnmodifiableSet());

    /** The end of the name of a state's inverse. */
    public static final String INVERSE = "_inverse";

    private static final Logger LOG = LoggerFactory.getLogger(StateFolder.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final String EXTENSION = ".json";
    private static final Pattern QUOTED = Pattern.compile("^['\"`]|['\"`]$");
    private static final Pattern AROUND = Pattern.compile("^[\\s'\"`]+|[\\s'\"`]+$");

    private final String setting;
    private final @Nullable String folder;
    private final PathPolicy policy;
    private final Configuration configuration;

    private StateFolder(String setting, @Nullable String folder, PathPolicy policy, Configuration configuration) {
        this.setting = setting;
        this.folder = folder;
        this.policy = policy;
        this.configuration = configuration;
    }

    /**
     * {@return the folder that a session has now}
     *
     * @param session that asks
     * @param catalog the name of the catalog in the session
     * @throws BatchNormException if the session may not name that folder
     */
    public static StateFolder of(SparkSession session, String catalog) {
        String setting = "spark.sql.catalog." + catalog + ".models";
        String now = session.conf().contains(setting) ? session.conf().get(setting) : null;
        Configuration configuration = session.sparkContext().hadoopConfiguration();
        PathPolicy policy = PathPolicy.of(session.sparkContext());
        requireFolder(setting, now);
        if (now != null && policy == PathPolicy.MODELS) {
            String start = session.sparkContext().getConf().get(setting, "");
            now = new StartFolder(setting, start, configuration).below(now);
        }
        return new StateFolder(setting, now, policy, configuration);
    }

    /** Refuses what a shell would have changed: SET takes a text as it is. */
    private static void requireFolder(String setting, @Nullable String folder) {
        if (folder == null) {
            return;
        }
        if (QUOTED.matcher(folder.strip()).find()) {
            String bare = AROUND.matcher(folder).replaceAll("");
            throw new BatchNormException(setting + " is " + folder + ", with quotes, which would be part of the name;"
                    + " expected a folder without quotes: SET " + setting + "=" + bare);
        }
        if (folder.startsWith("~")) {
            throw new BatchNormException(setting + " is " + folder + ", and ~ stands for no folder here; expected the"
                    + " whole path, such as /home/NAME" + folder.substring(1));
        }
    }

    /**
     * The file system of a path in the folder.
     *
     * @throws BatchNormException if it cannot be opened
     */
    private FileSystem fileSystem(Path path) {
        try {
            return path.getFileSystem(configuration);
        } catch (IOException | RuntimeException e) { // Hadoop throws both where a class is missing
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new BatchNormException(
                    setting + " is " + folder + ", whose file system cannot be opened: " + root.getMessage()
                            + "; check the folder, or start Spark with the jar of its file system",
                    e);
        }
    }

    /**
     * Checks the name of a new state.
     *
     * @param name of the state
     * @throws BatchNormException if a state may not have it
     */
    public static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new BatchNormException("state " + name
                    + " has a name that SQL cannot call; expected letters, digits and _, and no digit first");
        }
        if (RESERVED.contains(name.toLowerCase(Locale.ROOT)) || name.endsWith(INVERSE)) {
            throw new BatchNormException(
                    "state " + name + " would have the name of a function of the catalog, or end in " + INVERSE
                            + "; expected another name");
        }
    }

    /**
     * {@return the path of the file of a state, which may not exist}
     *
     * @param name of the state
     * @throws BatchNormException if there may be no states, no folder is set, its file system cannot be opened, or a
     *     state may not have this name
     */
    public Path path(String name) {
        policy.requireStates();
        requireName(name);
        if (folder == null || folder.isBlank()) {
            throw new BatchNormException("state " + name + " has no folder: " + setting
                    + " is not set; set it to the folder of the states, or give a path");
        }
        Path path = new Path(folder, name + EXTENSION);
        fileSystem(path); // a folder that cannot be is named here, before others speak of the path
        return path;
    }

    /**
     * {@return the state of a name; empty if there is none}
     *
     * @param name of the state
     * @throws BatchNormException if the file cannot be read, or holds no state
     */
    public Optional<BatchNormState> read(String name) {
        if (!exists(name)) {
            return Optional.empty();
        }
        Path path = path(name);
        try {
            FileStatus status = fileSystem(path).getFileStatus(path);
            return Optional.of(StateCache.read(status, configuration));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unreadable(name, e);
        } catch (BatchNormException e) {
            // The message may quote the file, and so may not reach the user, who may not be allowed to read it.
            LOG.warn("state {} is not used", path, e);
            throw new BatchNormException(
                    "state " + name + " cannot be used: its file is no state file of spark-batchnorm; the log of the"
                            + " driver says why: replace it by fit with overwrite => true, or delete the file");
        }
    }

    /**
     * {@return whether there is a file for a state of a name}
     *
     * @param name of the state
     * @throws BatchNormException if there may be no states, or the folder cannot be read
     */
    public boolean exists(String name) {
        policy.requireStates();
        if (folder == null || folder.isBlank() || !isName(name)) {
            return false;
        }
        Path path = path(name);
        try {
            FileSystem fileSystem = fileSystem(path);
            return fileSystem.exists(path) && fileSystem.getFileStatus(path).isFile();
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static boolean isName(String name) {
        return NAME.matcher(name).matches()
                && !RESERVED.contains(name.toLowerCase(Locale.ROOT))
                && !name.endsWith(INVERSE);
    }

    private BatchNormException unreadable(String name, IOException cause) {
        return new BatchNormException(
                "state " + name + " in " + setting + " cannot be read: "
                        + cause.getClass().getSimpleName(),
                cause);
    }

    /**
     * {@return the names of all states, in order; files that hold no state are among them; none if there may be none}
     */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        if (policy == PathPolicy.NONE || folder == null || folder.isBlank()) {
            return names;
        }
        Path path = new Path(folder);
        try {
            FileSystem fileSystem = fileSystem(path);
            if (fileSystem.exists(path)) {
                for (FileStatus file : fileSystem.listStatus(path)) {
                    String name = file.getPath().getName();
                    if (file.isFile() && name.endsWith(EXTENSION)) {
                        names.add(name.substring(0, name.length() - EXTENSION.length()));
                    }
                }
            }
        } catch (IOException e) {
            throw new BatchNormException(
                    setting + " cannot be listed: " + e.getClass().getSimpleName(), e);
        }
        names.removeIf(name -> !isName(name));
        names.sort(null);
        return names;
    }

    /**
     * Deletes the file of a state.
     *
     * @param name of the state
     * @return whether there was one
     * @throws BatchNormException if the file holds no state, or cannot be deleted
     */
    public boolean delete(String name) {
        if (read(name).isEmpty()) {
            return false;
        }
        Path path = path(name);
        try {
            return fileSystem(path).delete(path, false);
        } catch (IOException e) {
            throw new BatchNormException(
                    "state " + name + " cannot be deleted: " + e.getClass().getSimpleName(), e);
        }
    }
}
