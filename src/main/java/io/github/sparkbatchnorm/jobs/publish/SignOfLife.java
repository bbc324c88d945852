package io.github.sparkbatchnorm.jobs.publish;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Whether the run of a staging folder goes on. On the machine of its process, the process tells. Elsewhere the age of
 * the file that the run writes again and again tells, by the clock of the store that keeps it: a run that was suspended
 * for longer than {@link #DEAD_AFTER} seems dead there.
 *
 * @param life what is known
 * @param words about a run that goes on: where, and when it was seen last
 */
record SignOfLife(Life life, String words) {
    /** How often a run gives a sign. */
    static final Duration EVERY = Duration.ofSeconds(10);
    /** How old the last sign of a run is that has ended. */
    static final Duration DEAD_AFTER = Duration.ofSeconds(60);

    private static final int MAX_BYTES = 4096;

    /** What is known about a run. */
    enum Life {
        LIVE,
        DEAD,
        /** A run of an older version, or one that was killed before it gave its first sign. */
        UNKNOWN
    }

    private static final SignOfLife DEAD = new SignOfLife(Life.DEAD, "");

    boolean isDead() {
        return life == Life.DEAD;
    }

    /**
     * Looks at a staging folder.
     *
     * @throws IOException if the store does not answer
     */
    static SignOfLife of(StagingFolder folder) throws IOException {
        Path alive = folder.at(StagingFolder.ALIVE);
        FileStatus status = HadoopFiles.status(folder.fileSystem(), alive);
        if (status == null) {
            // A run takes its sign away when it gives up.
            return folder.has(StagingFolder.JOURNAL) || folder.has(StagingFolder.PUBLISHED)
                    ? DEAD
                    : new SignOfLife(Life.UNKNOWN, "");
        }
        Optional<ProcessIdentity> process = ProcessIdentity.of(content(folder, alive));
        Optional<Boolean> runs = process.flatMap(ProcessIdentity::isRunning);
        boolean dead = runs.isPresent() ? !runs.get() : age(status, folder).compareTo(DEAD_AFTER) > 0;
        if (dead) {
            return DEAD;
        }
        String where = process.map(p -> "process " + p.pid() + " on host " + p.host() + ", ")
                .orElse("");
        Instant seen = Instant.ofEpochMilli(status.getModificationTime()).truncatedTo(ChronoUnit.SECONDS);
        return new SignOfLife(Life.LIVE, where + "last sign of life at " + seen);
    }

    private static byte[] content(StagingFolder folder, Path alive) throws IOException {
        try (InputStream in = folder.fileSystem().open(alive)) {
            return in.readNBytes(MAX_BYTES);
        } catch (FileNotFoundException e) {
            return new byte[0];
        }
    }

    /** The age by the store's own clock: that of a new file. */
    private static Duration age(FileStatus alive, StagingFolder folder) throws IOException {
        FileSystem fileSystem = folder.fileSystem();
        Path probe = new Path(folder.path().getParent(), StagingFolder.PREFIX + "clock-" + UUID.randomUUID());
        try {
            fileSystem.create(probe, false).close();
            long now = fileSystem.getFileStatus(probe).getModificationTime();
            return Duration.ofMillis(now - alive.getModificationTime());
        } finally {
            HadoopFiles.delete(fileSystem, probe);
        }
    }
}
