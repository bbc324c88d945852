package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * Publishes the outputs of a command together: either all of them appear, or everything stays as it was.
 *
 * <p>Outputs are first written in hidden staging folders beside their targets. {@link #publish} then moves, in the
 * order in which the targets were added, each old output aside and each new one to its path, and deletes the old ones
 * at the end. A failure puts the old ones back. On stores that rename folders in several steps, a failure between these
 * steps can leave a part of a folder.
 */
public final class Publisher implements AutoCloseable {
    /** Runs after Spark has stopped and before Hadoop closes its file systems. */
    private static final int SHUTDOWN_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 10;

    /** How long a shutdown waits: publishing takes long on stores that copy. */
    private static final long SHUTDOWN_DAYS = 1;

    private final Configuration configuration;
    private final boolean overwrite;
    private final Console console;
    private final String stagingName = PublishTarget.STAGING_PREFIX + UUID.randomUUID();
    private final List<PublishTarget> targets = new ArrayList<>();
    /** The staging folders to delete, with their file systems. */
    private final Map<Path, FileSystem> staging = new LinkedHashMap<>();
    /** The parent folders that were made for the targets. */
    private final Map<Path, FileSystem> createdParents = new LinkedHashMap<>();

    private final Runnable interrupted = this::interrupt;
    private boolean published;
    private boolean discarded;

    /**
     * Creates a publisher without targets.
     *
     * @param overwrite whether existing outputs are replaced
     * @param console takes warnings, and what an interrupted run has changed
     */
    public Publisher(Configuration configuration, boolean overwrite, Console console) {
        this.configuration = configuration;
        this.overwrite = overwrite;
        this.console = console;
        ShutdownHookManager.get().addShutdownHook(interrupted, SHUTDOWN_PRIORITY, SHUTDOWN_DAYS, TimeUnit.DAYS);
    }

    /**
     * Adds a folder to publish.
     *
     * @param option the option that names the path, for messages
     * @throws BatchNormException if it exists and is not replaced
     */
    public PublishTarget addFolder(String option, String path) {
        return add(option, path, false, overwrite);
    }

    /**
     * Adds a file to publish.
     *
     * @param option the option that names the path, for messages
     * @param replace whether an existing file is replaced even without {@code --overwrite}
     * @throws BatchNormException if it exists and is not replaced
     */
    public PublishTarget addFile(String option, String path, boolean replace) {
        return add(option, path, true, replace || overwrite);
    }

    private PublishTarget add(String option, String path, boolean file, boolean replace) {
        try {
            PublishTarget target = new PublishTarget(option, path, file, replace, stagingName, configuration);
            target.checkFree();
            targets.add(target);
            return target;
        } catch (IOException e) {
            throw new BatchNormException(option + " " + path + " cannot be used: " + ErrorLine.reason(e), e);
        }
    }

    /**
     * Makes the hidden folders, so that a path that cannot be written to is found before any work is done. Warns of
     * folders that other runs left beside the targets.
     *
     * @throws BatchNormException if a folder cannot be made
     */
    public synchronized void prepare() {
        checkOpen();
        Map<Path, FileSystem> parents = new LinkedHashMap<>();
        targets.forEach(target -> parents.put(parent(target), target.fileSystem()));
        parents.forEach(
                (parent, fileSystem) -> LeftBehind.in(parent, fileSystem).forEach(console::warning));
        for (PublishTarget target : targets) {
            try {
                makeStaging(target);
            } catch (IOException e) {
                throw new BatchNormException(target.description() + " cannot be written: " + ErrorLine.reason(e), e);
            }
        }
    }

    private void makeStaging(PublishTarget target) throws IOException {
        FileSystem fileSystem = target.fileSystem();
        Map<Path, FileSystem> missing = new LinkedHashMap<>();
        for (Path p = target.staging().getParent();
                p != null && HadoopFiles.status(fileSystem, p) == null;
                p = p.getParent()) {
            missing.put(p, fileSystem);
        }
        staging.put(target.staging(), fileSystem);
        createdParents.putAll(missing);
        HadoopFiles.makeFolder(fileSystem, target.staging());
        if (HadoopFiles.status(fileSystem, target.target()) != null) {
            FileRights.shield(fileSystem, target.target(), target.staging());
        }
    }

    private static Path parent(PublishTarget target) {
        return Objects.requireNonNull(target.target().getParent());
    }

    /** Fails in a process that is shutting down: it discards everything. */
    private void checkOpen() {
        if (discarded) {
            throw new BatchNormException("interrupted before anything was published; nothing was changed");
        }
    }

    /**
     * Writes the staged file of a target.
     *
     * @throws BatchNormException if that fails
     */
    public synchronized void write(PublishTarget target, PublishTarget.Content content) {
        checkOpen();
        try {
            target.write(content);
        } catch (IOException e) {
            throw new BatchNormException(target.description() + " cannot be written: " + ErrorLine.reason(e), e);
        }
    }

    /**
     * Moves everything to its path.
     *
     * @return the staging folders that could not be deleted, of which the user is warned
     * @throws BatchNormException if that fails, in which case the old outputs are back or the message says where they
     *     are; or if the process is shutting down and everything is discarded
     */
    public synchronized List<Path> publish() {
        checkOpen();
        List<PublishTarget> begun = new ArrayList<>();
        for (PublishTarget target : targets) {
            begun.add(target);
            try {
                target.moveIn(begun.size() == targets.size());
            } catch (IOException | RuntimeException e) {
                throw failed(target, e, begun);
            }
        }
        published = true;
        if (!targets.isEmpty()) {
            List<Path> paths = targets.stream().map(PublishTarget::target).toList();
            console.end().changed("published before that: " + join(paths));
        }
        List<Path> left = deleteStaging();
        targets.forEach(PublishTarget::deleteStaleChecksum);
        if (!left.isEmpty()) {
            console.warning(notDeleted(left));
        }
        return left;
    }

    private BatchNormException failed(PublishTarget target, Exception cause, List<PublishTarget> begun) {
        StringBuilder message = new StringBuilder(target.description())
                .append(" cannot be published: ")
                .append(ErrorLine.reason(cause));
        boolean restored = true;
        for (int i = begun.size() - 1; i >= 0; i--) {
            PublishTarget done = begun.get(i);
            try {
                done.putBack();
            } catch (IOException | RuntimeException e) {
                restored = false;
                // The staging folder holds the old one and must stay.
                staging.remove(done.staging());
                message.append("; the old ")
                        .append(done.target())
                        .append(" could not be put back (")
                        .append(ErrorLine.reason(e))
                        .append("): move it there from ")
                        .append(done.aside());
                cause.addSuppressed(e);
            }
        }
        if (restored) {
            message.append("; nothing was changed");
        } else {
            console.end().changed(message.toString());
        }
        return new BatchNormException(message.toString(), cause);
    }

    /**
     * Discards what was not published.
     *
     * @throws BatchNormException if something could not be deleted
     */
    @Override
    public synchronized void close() {
        if (!ShutdownHookManager.get().isShutdownInProgress()) {
            ShutdownHookManager.get().removeShutdownHook(interrupted);
        }
        List<Path> left = discard();
        if (!left.isEmpty()) {
            throw new BatchNormException(notDeleted(left));
        }
    }

    private static String join(List<Path> paths) {
        return String.join(", ", paths.stream().map(Path::toString).toList());
    }

    private synchronized List<Path> discard() {
        discarded = true;
        List<Path> left = new ArrayList<>();
        if (!published) {
            left.addAll(deleteStaging());
            left.addAll(deleteCreatedParents());
        }
        return left;
    }

    /** Discards what was not published; waits for the end of publishing if it has begun. */
    void interrupt() {
        List<Path> left = discard();
        if (!left.isEmpty()) {
            console.end().changed(console.end().changes() + "; " + notDeleted(left));
        }
    }

    /**
     * Deletes a folder of a command's own, and warns if it is still there.
     *
     * @param console takes the warning
     */
    public static void deleteOrWarn(Path folder, Configuration configuration, Console console) {
        boolean gone;
        try {
            gone = HadoopFiles.delete(HadoopFiles.fileSystem(folder, configuration), folder);
        } catch (IOException e) {
            gone = false;
        }
        if (!gone) {
            console.warning(notDeleted(List.of(folder)));
        }
    }

    /** The message that the user should delete what could not be deleted. */
    public static String notDeleted(List<Path> left) {
        return "could not delete " + join(left) + ": delete it by hand";
    }

    private List<Path> deleteStaging() {
        List<Path> left = new ArrayList<>();
        staging.forEach((folder, fileSystem) -> {
            if (!HadoopFiles.delete(fileSystem, folder)) {
                left.add(folder);
            }
        });
        staging.clear();
        return left;
    }

    private List<Path> deleteCreatedParents() {
        List<Path> left = new ArrayList<>();
        List<Path> deepestFirst = new ArrayList<>(createdParents.keySet());
        deepestFirst.sort(Comparator.comparingInt(Path::depth).reversed());
        for (Path folder : deepestFirst) {
            FileSystem fileSystem = Objects.requireNonNull(createdParents.get(folder));
            // A folder stays if another program has put something into it.
            if (!HadoopFiles.isUsed(fileSystem, folder) && !HadoopFiles.delete(fileSystem, folder)) {
                left.add(folder);
            }
        }
        createdParents.clear();
        return left;
    }
}
