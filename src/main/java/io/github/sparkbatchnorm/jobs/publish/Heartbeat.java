package io.github.sparkbatchnorm.jobs.publish;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a sign of life into the staging folders of this run again and again, until it is closed. */
final class Heartbeat implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

    private final List<StagingFolder> folders;
    private final byte[] sign = ProcessIdentity.current().content();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread daemon = new Thread(task, "batchnorm-alive");
        daemon.setDaemon(true);
        return daemon;
    });
    private boolean closed;

    private Heartbeat(List<StagingFolder> folders) {
        this.folders = List.copyOf(folders);
    }

    /**
     * Gives the first sign, and then one every ten seconds.
     *
     * @throws IOException if the first one cannot be written
     */
    static Heartbeat start(List<StagingFolder> folders) throws IOException {
        Heartbeat heartbeat = new Heartbeat(folders);
        for (StagingFolder folder : folders) {
            folder.write(StagingFolder.ALIVE, heartbeat.sign);
        }
        long seconds = SignOfLife.EVERY.toSeconds();
        ScheduledFuture<?> unused =
                heartbeat.thread.scheduleWithFixedDelay(heartbeat::beat, seconds, seconds, TimeUnit.SECONDS);
        return heartbeat;
    }

    /** Takes the sign away from folders that stay behind, as far as that works. */
    static void signOff(List<StagingFolder> folders) {
        for (StagingFolder folder : folders) {
            HadoopFiles.delete(folder.fileSystem(), folder.at(StagingFolder.ALIVE));
        }
    }

    synchronized void beat() {
        for (StagingFolder folder : folders) {
            try {
                // Some stores would make the folder again.
                if (!closed && folder.exists()) {
                    folder.write(StagingFolder.ALIVE, sign);
                }
            } catch (IOException | RuntimeException e) {
                LOG.debug("a sign of life in {}", folder, e);
            }
        }
    }

    /** After this, nothing is written any more. */
    @Override
    public synchronized void close() {
        closed = true;
        thread.shutdown();
    }
}
