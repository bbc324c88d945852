package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Staging folders of other runs, which are either running at the same time or were killed before they could clean up.
 *
 * @param own the name of this run's own staging folders
 */
record LeftBehind(String own, Configuration configuration) {
    /** How long another run may take to give way: to delete its journals. */
    private static final long WAIT_SECONDS = 5;

    private static final long WAIT_STEP_MILLIS = 20;

    private static final Logger LOG = LoggerFactory.getLogger(LeftBehind.class);

    /**
     * Checks that no other run is in the middle of publishing a target.
     *
     * @throws BatchNormException saying which is, and what to do
     */
    void requireNone(PublishTarget target) {
        for (StagingFolder folder : others(target.parent(), target.fileSystem())) {
            try {
                String reason = reason(folder, target);
                if (reason != null) {
                    throw new BatchNormException(target.description() + " " + reason);
                }
            } catch (Journal.Unusable e) {
                throw new BatchNormException(
                        target.description() + " cannot be used: " + e.getMessage() + "; " + folder
                                + " may hold the only copy of what a run was replacing: look at it before you move or"
                                + " delete anything",
                        e);
            } catch (IOException e) {
                if (!isForbidden(e)) {
                    throw new BatchNormException(
                            target.description() + " cannot be used: " + folder + " cannot be read: "
                                    + ErrorLine.reason(e),
                            e);
                }
                LOG.debug("looking into {}", folder, e);
            }
        }
    }

    /**
     * Checks that no other run publishes the targets, for a run that has begun to. Of two that begin at the same time,
     * each sees the other's journal: the one with the greater UUID gives way, and the other waits for that.
     *
     * @return whether it waited
     * @throws BatchNormException if this run is to give way, or the other one does not
     */
    boolean waitUntilNone(List<PublishTarget> targets) {
        boolean waited = false;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        for (PublishTarget target : targets) {
            PublishedNow other = publishedNow(target);
            while (other != null) {
                if (own.compareTo(other.folder) > 0 || System.nanoTime() > end || !pause()) {
                    throw other;
                }
                waited = true;
                other = publishedNow(target);
            }
        }
        return waited;
    }

    private @Nullable PublishedNow publishedNow(PublishTarget target) {
        try {
            requireNone(target);
            return null;
        } catch (PublishedNow e) {
            return e;
        }
    }

    private static boolean pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(WAIT_STEP_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private @Nullable String reason(StagingFolder folder, PublishTarget of) throws IOException {
        Path target = of.target();
        Journal journal = Journal.read(folder, configuration);
        if (journal == null) {
            return folder.has(StagingFolder.OLD + target.getName()) ? withoutJournal(folder, target) : null;
        }
        if (!journal.names(target.getName(), folder, configuration)) {
            return null;
        }
        Publication.Phase phase = new Publication(journal, configuration).phase();
        if (phase == Publication.Phase.PUBLISHED) {
            return null;
        }
        SignOfLife life = SignOfLife.of(folder);
        if (!life.isDead()) {
            throw new PublishedNow(
                    of.description() + " " + isPublishedNow(life), folder.path().getName());
        }
        return phase == Publication.Phase.NOT_BEGUN
                ? null
                : "was being published by a run that was killed: " + RecoverCommands.both(target);
    }

    /** The words for a target that a run publishes that goes on. */
    static String isPublishedNow(SignOfLife life) {
        return "is being published by a run that goes on now (" + life.words() + "); wait for its end";
    }

    /** The words for an old output in a folder that no journal explains. */
    static String withoutJournal(StagingFolder folder, Path target) {
        return "was being replaced by a run that left no journal: "
                + folder.at(StagingFolder.OLD + target.getName())
                + " is the old one, maybe the only copy; look at it and at " + target
                + ", put the one that you keep at " + target + ", and take the other one away";
    }

    /** A sentence about each staging folder in a folder: its age, what it holds, and what to do. */
    List<String> warnings(Path parent, FileSystem fileSystem) {
        List<String> found = new ArrayList<>();
        for (StagingFolder folder : others(parent, fileSystem)) {
            try {
                found.add(folder + " (" + age(folder) + ") " + describe(folder));
            } catch (IOException | RuntimeException e) {
                // The run does not depend on this list.
                LOG.debug("looking into {}", folder, e);
            }
        }
        return found;
    }

    private List<StagingFolder> others(Path parent, FileSystem fileSystem) {
        try {
            return StagingFolder.in(parent, fileSystem).stream()
                    .filter(folder -> !folder.path().getName().equals(own))
                    .toList();
        } catch (IOException | RuntimeException e) {
            // A folder that takes files need not show them.
            LOG.debug("listing {}", parent, e);
            return List.of();
        }
    }

    private String describe(StagingFolder folder) throws IOException {
        SignOfLife life = SignOfLife.of(folder);
        if (life.life() == SignOfLife.Life.LIVE) {
            return "belongs to a run that goes on now (" + life.words() + ")";
        }
        Journal journal;
        try {
            journal = Journal.read(folder, configuration);
        } catch (Journal.Unusable e) {
            return "is of a run whose journal cannot be used: " + e.getMessage()
                    + ". It may hold the only copy of what was replaced: look at it before you move or delete anything";
        }
        if (journal != null) {
            return switch (new Publication(journal, configuration).phase()) {
                case PUBLISHED -> afterPublishing(folder);
                case NOT_BEGUN -> beforePublishing(folder);
                default -> "is of a run that was killed while it published: " + RecoverCommands.both(folder.path());
            };
        }
        List<String> old = new ArrayList<>();
        for (String name : folder.oldNames()) {
            old.add(StagingFolder.OLD + name + ", which was "
                    + new Path(Objects.requireNonNull(folder.path().getParent()), name));
        }
        if (!old.isEmpty()) {
            return "belongs to a run that is going on now, or that was killed; it holds what that run was replacing, maybe"
                    + " the only copy: " + String.join("; ", old)
                    + ". If no run uses it, look at both before you move or delete one";
        }
        return life.isDead()
                ? beforePublishing(folder)
                : "belongs to a run that is going on now, or that was killed; it holds nothing that was published:"
                        + " delete it if no run uses it";
    }

    private static String beforePublishing(StagingFolder folder) throws IOException {
        if (folder.has(StagingFolder.PUBLISHED)) {
            return afterPublishing(folder);
        }
        return "is of a run that was killed while nothing was published: " + RecoverCommands.restore(folder.path())
                + " deletes it";
    }

    private static String afterPublishing(StagingFolder folder) {
        return "is left of a run that published everything: " + RecoverCommands.finish(folder.path()) + " deletes it";
    }

    private static boolean isForbidden(IOException e) {
        return e instanceof AccessControlException || e instanceof AccessDeniedException;
    }

    private static String age(StagingFolder folder) throws IOException {
        FileStatus status = HadoopFiles.status(folder.fileSystem(), folder.path());
        if (status == null || status.getModificationTime() <= 0) {
            return "of unknown age";
        }
        Duration age = Duration.between(Instant.ofEpochMilli(status.getModificationTime()), Instant.now());
        if (age.toDays() > 0) {
            return counted(age.toDays(), "day");
        }
        return age.toHours() > 0 ? counted(age.toHours(), "hour") : counted(Math.max(0, age.toMinutes()), "minute");
    }

    private static String counted(long n, String unit) {
        return n + " " + unit + (n == 1 ? "" : "s") + " old";
    }

    /** Another run, which goes on, has a journal of a target. */
    private static final class PublishedNow extends BatchNormException {
        private static final long serialVersionUID = 1L;

        private final String folder;

        /** @param folder the name of the other run's staging folders */
        PublishedNow(String message, String folder) {
            super(message);
            this.folder = folder;
        }
    }
}
