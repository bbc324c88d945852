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
import org.jspecify.annotations.Nullable;

/**
 * Publishes the outputs of a command together: either all of them appear, or everything stays as it was.
 *
 * <p>Outputs are first written in hidden staging folders beside their targets. {@link #publish} then moves, in the
 * order in which the targets were added, each old output aside and each new one to its path, and deletes the old ones
 * at the end. A failure puts the old ones back; {@link Recovery} does it for a process that was killed. On stores that
 * rename folders in several steps, a failure between these steps can leave a part of a folder.
 */
public final class Publisher implements AutoCloseable {
    /** Runs after Spark has stopped and before Hadoop closes its file systems. */
    private static final int SHUTDOWN_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 10;

    /** How long a shutdown waits: publishing takes long on stores that copy. */
    private static final long SHUTDOWN_DAYS = 1;

    private final Configuration configuration;
    private final boolean overwrite;
    private final Console console;
    private final String run = UUID.randomUUID().toString();
    private final String stagingName = StagingFolder.PREFIX + run;
    private final LeftBehind leftBehind;
    private final List<PublishTarget> targets = new ArrayList<>();
    /** The staging folders to delete. */
    private final Map<Path, StagingFolder> staging = new LinkedHashMap<>();
    /** The parent folders that were made for the targets. */
    private final Map<Path, FileSystem> createdParents = new LinkedHashMap<>();

    private final Runnable interrupted = this::interrupt;
    private @Nullable Heartbeat heartbeat;
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
        this.leftBehind = new LeftBehind(stagingName, configuration);
        ShutdownHookManager.get().addShutdownHook(interrupted, SHUTDOWN_PRIORITY, SHUTDOWN_DAYS, TimeUnit.DAYS);
    }

    /**
     * Adds a folder to publish.
     *
     * @param option the option that names the path, for messages
     * @throws BatchNormException if it exists and is not replaced, or a run that was killed left it half published
     */
    public PublishTarget addFolder(String option, String path) {
        return add(option, path, false, overwrite);
    }

    /**
     * Adds a file to publish.
     *
     * @param option the option that names the path, for messages
     * @param replace whether an existing file is replaced even without {@code --overwrite}
     * @throws BatchNormException if it exists and is not replaced, or a run that was killed left it half published
     */
    public PublishTarget addFile(String option, String path, boolean replace) {
        return add(option, path, true, replace || overwrite);
    }

    private PublishTarget add(String option, String path, boolean file, boolean replace) {
        try {
            PublishTarget target = new PublishTarget(option, path, file, replace, stagingName, configuration);
            leftBehind.requireNone(target);
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
        targets.forEach(target -> parents.put(target.parent(), target.fileSystem()));
        parents.forEach(
                (parent, fileSystem) -> leftBehind.warnings(parent, fileSystem).forEach(console::warning));
        for (PublishTarget target : targets) {
            try {
                makeStaging(target);
            } catch (IOException e) {
                throw cannotBeWritten(target, e);
            }
        }
        if (!targets.isEmpty()) {
            try {
                heartbeat = Heartbeat.start(List.copyOf(staging.values()));
            } catch (IOException e) {
                throw cannotBeWritten(targets.get(0), e);
            }
        }
    }

    private static BatchNormException cannotBeWritten(PublishTarget target, IOException e) {
        return new BatchNormException(target.description() + " cannot be written: " + ErrorLine.reason(e), e);
    }

    private void makeStaging(PublishTarget target) throws IOException {
        FileSystem fileSystem = target.fileSystem();
        Map<Path, FileSystem> missing = new LinkedHashMap<>();
        for (Path p = target.parent(); p != null && HadoopFiles.status(fileSystem, p) == null; p = p.getParent()) {
            missing.put(p, fileSystem);
        }
        StagingFolder folder = target.staging();
        staging.put(folder.path(), folder);
        createdParents.putAll(missing);
        HadoopFiles.makeFolder(fileSystem, folder.path());
        if (HadoopFiles.status(fileSystem, target.target()) != null) {
            FileRights.shield(fileSystem, target.target(), folder.path());
        }
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
            throw cannotBeWritten(target, e);
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
        List<Path> left = List.of();
        if (!targets.isEmpty()) {
            Publication publication = begin();
            move(publication);
            List<Path> paths = targets.stream().map(PublishTarget::target).toList();
            console.end().changed("published before that: " + join(paths));
            endHeartbeat();
            left = publication.deletePublished();
            staging.clear();
        }
        published = true;
        if (!left.isEmpty()) {
            console.warning(notDeleted(left));
        }
        return left;
    }

    /** Checks everything, and writes the journals. */
    private Publication begin() {
        PublishTarget first = targets.get(0);
        List<Journal.Target> ready;
        Publication publication;
        try {
            ready = ready();
        } catch (BatchNormException e) {
            throw new BatchNormException(ErrorLine.reason(e) + "; nothing was changed", e);
        }
        try {
            publication = new Publication(new Journal(run, ready), configuration);
        } catch (IOException e) {
            throw new BatchNormException(cannotBePublished(first, e) + "; nothing was changed", e);
        }
        try {
            publication.begin();
            if (leftBehind.waitUntilNone(targets) && !ready().equals(ready)) {
                throw new BatchNormException("another run published it meanwhile");
            }
        } catch (IOException | RuntimeException e) {
            throw failed(cannotBePublished(first, e), e, publication);
        }
        return publication;
    }

    private List<Journal.Target> ready() {
        List<Journal.Target> ready = new ArrayList<>();
        for (PublishTarget target : targets) {
            try {
                ready.add(target.ready(ready.size() == targets.size() - 1));
            } catch (IOException | RuntimeException e) {
                throw new BatchNormException(cannotBePublished(target, e), e);
            }
        }
        return ready;
    }

    private void move(Publication publication) {
        PublishTarget target = targets.get(0);
        try {
            for (int i = 0; i < targets.size(); i++) {
                target = targets.get(i);
                publication.replacements().get(i).forward();
            }
            publication.mark();
        } catch (IOException | RuntimeException e) {
            throw failed(cannotBePublished(target, e), e, publication);
        }
    }

    private static String cannotBePublished(PublishTarget target, Exception cause) {
        return target.description() + " cannot be published: " + ErrorLine.reason(cause);
    }

    /** Takes everything back; where that fails, everything stays for {@link Recovery}. */
    private BatchNormException failed(String reason, Exception cause, Publication publication) {
        String failure = publication.undo(cause);
        if (failure.isEmpty()) {
            return new BatchNormException(reason + "; nothing was changed", cause);
        }
        List<Path> folders =
                publication.folders().stream().map(StagingFolder::path).toList();
        String message = reason + "; " + failure + ": "
                + RecoverCommands.both(targets.get(0).target()) + ", from " + join(folders);
        console.end().changed(message);
        endHeartbeat();
        Heartbeat.signOff(publication.folders());
        staging.clear();
        return new BatchNormException(message, cause);
    }

    private void endHeartbeat() {
        if (heartbeat != null) {
            heartbeat.close();
            heartbeat = null;
        }
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
        endHeartbeat();
        List<Path> left = new ArrayList<>();
        for (StagingFolder folder : staging.values()) {
            if (!folder.delete()) {
                left.add(folder.path());
            }
        }
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
