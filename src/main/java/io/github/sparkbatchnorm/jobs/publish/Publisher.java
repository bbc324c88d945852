package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.state.HadoopFiles;
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
 * Publishes a command's outputs together: all of them appear, or what was there before stays.
 *
 * <p>Everything is written in hidden folders beside the targets first. {@link #publish} then moves each target's old
 * one aside and the new one in, in the order in which they were added, and deletes the old ones at the end. A failure
 * puts the old ones back. On stores that cannot rename a folder in one step, a failure in the middle of such a step can
 * still be seen.
 */
public final class Publisher implements AutoCloseable {
    /** After Spark has stopped, before Hadoop closes its file systems. */
    private static final int SHUTDOWN_PRIORITY = FileSystem.SHUTDOWN_HOOK_PRIORITY + 10;

    /** Publishing takes its time on stores that copy, and a shutdown waits for its end. */
    private static final long SHUTDOWN_DAYS = 1;

    private final Configuration configuration;
    private final boolean overwrite;
    private final Console console;
    private final String stagingName = PublishTarget.STAGING_PREFIX + UUID.randomUUID();
    private final List<PublishTarget> targets = new ArrayList<>();
    /** Staging folders to delete, with their file systems. */
    private final Map<Path, FileSystem> staging = new LinkedHashMap<>();
    /** Parent folders that were not there. */
    private final Map<Path, FileSystem> createdParents = new LinkedHashMap<>();

    private final Runnable interrupted = this::interrupt;
    private boolean published;
    private boolean discarded;

    /** @param console for what is found beside the targets, and for what is changed when the run is interrupted */
    public Publisher(Configuration configuration, boolean overwrite, Console console) {
        this.configuration = configuration;
        this.overwrite = overwrite;
        this.console = console;
        ShutdownHookManager.get().addShutdownHook(interrupted, SHUTDOWN_PRIORITY, SHUTDOWN_DAYS, TimeUnit.DAYS);
    }

    /** Adds a folder to publish. */
    public PublishTarget addFolder(String option, String place) {
        return add(option, place, false, overwrite);
    }

    /**
     * Adds a file to publish.
     *
     * @param replace whether an old one is replaced even without {@code --overwrite}
     */
    public PublishTarget addFile(String option, String place, boolean replace) {
        return add(option, place, true, replace || overwrite);
    }

    private PublishTarget add(String option, String place, boolean file, boolean replace) {
        try {
            PublishTarget target = new PublishTarget(option, place, file, replace, stagingName, configuration);
            target.checkFree();
            targets.add(target);
            return target;
        } catch (IOException e) {
            throw new BatchNormException(option + " " + place + " cannot be used: " + ErrorLine.reason(e), e);
        }
    }

    /** Makes the hidden folders, so that a place that cannot be written to shows before any work is done. */
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

    /** A process that is going down has discarded everything, or is about to. */
    private void checkOpen() {
        if (discarded) {
            throw new BatchNormException("interrupted before anything was published; nothing was changed");
        }
    }

    /** Writes the staged file of a target. */
    public synchronized void write(PublishTarget target, PublishTarget.Content content) {
        checkOpen();
        try {
            target.write(content);
        } catch (IOException e) {
            throw new BatchNormException(target.description() + " cannot be written: " + ErrorLine.reason(e), e);
        }
    }

    /**
     * Moves everything to its place.
     *
     * @return what is left over and could not be deleted; a warning has named it
     * @throws BatchNormException if that failed; the old ones are back, or the message says where they are. Also if the
     *     process is going down and everything is discarded
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
            List<Path> places = targets.stream().map(PublishTarget::target).toList();
            console.end().changed("published before that: " + join(places));
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
                // The old one must survive the cleaning.
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
     * @throws BatchNormException naming what could not be deleted
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

    /** Waits for the end of what is being published, else discards it. */
    void interrupt() {
        List<Path> left = discard();
        if (!left.isEmpty()) {
            console.end().changed(console.end().changes() + "; " + notDeleted(left));
        }
    }

    /** What could not be deleted, and that the user should. */
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
            // One that another program put something into in the meantime stays.
            if (!HadoopFiles.isUsed(fileSystem, folder) && !HadoopFiles.delete(fileSystem, folder)) {
                left.add(folder);
            }
        }
        createdParents.clear();
        return left;
    }
}
