package io.github.sparkbatchnorm.regression.engine;

import io.github.sparkbatchnorm.spark.shims.ReplacedExecutors;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends executors one after the other while they work. An executor is asked to end when it starts a task of a stage in
 * which none was ended before, and the next one only when another has come in its place.
 *
 * <p>An executor takes some time to end. If its stage completes before that, it does not count as ended in the middle,
 * and another one is ended: at most four times as many as wanted.
 */
public final class ExecutorEnds extends SparkListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorEnds.class);

    private static final int TRIES = 4;
    private static final long PATIENCE_SECONDS = 120;

    private final int wanted;
    private final Predicate<String> end;
    private final Consumer<ExecutorEnds> stopListening;
    private final ExecutorService killer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "ends executors");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<String> present;
    private final Set<Integer> stages = new HashSet<>();
    private int ended;
    private int inTheMiddle;
    private int replaced;
    private boolean refused;
    private boolean closing;

    /** The executor that is asked to end; null if none is. */
    private @Nullable String ending;

    /** The stage in which it is; null when that has completed. */
    private @Nullable Integer stage;

    /** How many executors there must be until the next one is ended. */
    private int needed;

    /**
     * What has happened.
     *
     * @param inTheMiddle how many ended while their stage ran
     * @param between how many ended when their stage had just completed
     * @param replaced how many of them others came for
     * @param refused whether the cluster manager did not end one
     */
    public record Result(int inTheMiddle, int between, int replaced, boolean refused) {}

    /**
     * Creates the listener.
     *
     * @param wanted how many are ended in the middle of a stage
     * @param present the executors that are there
     * @param end asks the cluster manager to end an executor, and tells whether it does
     */
    ExecutorEnds(int wanted, Set<String> present, Predicate<String> end, Consumer<ExecutorEnds> stopListening) {
        this.wanted = wanted;
        this.present = new HashSet<>(present);
        this.end = end;
        this.stopListening = stopListening;
    }

    /**
     * {@return whether there is a cluster manager that ends and starts executors}
     *
     * @param context of the application
     */
    public static boolean arePossible(SparkContext context) {
        return ReplacedExecutors.arePossible(context);
    }

    /**
     * Ends executors from now on.
     *
     * @param context of an application with a cluster manager
     * @param wanted how many are ended in the middle of a stage
     * @return to be finished, and closed
     */
    public static ExecutorEnds in(SparkContext context, int wanted) {
        ExecutorEnds ends = new ExecutorEnds(
                wanted,
                ReplacedExecutors.ids(context),
                id -> ReplacedExecutors.end(context, id),
                context::removeSparkListener);
        context.addSparkListener(ends);
        return ends;
    }

    @Override
    public synchronized void onTaskStart(SparkListenerTaskStart start) {
        String executor = start.taskInfo().executorId();
        boolean free = ending == null && present.size() >= needed && !refused && !closing;
        boolean more = inTheMiddle < wanted && ended < TRIES * wanted;
        if (free && more && present.contains(executor) && stages.add(start.stageId())) {
            ending = executor;
            stage = start.stageId();
            needed = present.size();
            // Not in this thread, which tells all listeners what happens.
            killer.execute(() -> end(executor));
        }
    }

    private void end(String executor) {
        boolean does;
        try {
            does = end.test(executor);
        } catch (RuntimeException e) {
            LOG.warn("executor {} cannot be ended", executor, e);
            does = false;
        }
        synchronized (this) {
            if (!does && executor.equals(ending)) {
                refused = true;
                ending = null;
                notifyAll();
            }
        }
    }

    /** What comes before the removal of the executor in Spark's queue has happened before. */
    @Override
    public synchronized void onStageCompleted(SparkListenerStageCompleted completed) {
        if (stage != null && completed.stageInfo().stageId() == stage) {
            stage = null;
        }
    }

    @Override
    public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
        present.remove(removed.executorId());
        if (removed.executorId().equals(ending)) {
            ended++;
            if (stage != null) {
                inTheMiddle++;
            }
            ending = null;
            stage = null;
            notifyAll();
        }
    }

    @Override
    public synchronized void onExecutorAdded(SparkListenerExecutorAdded added) {
        // It may come before the removal of the one that it replaces.
        if (present.add(added.executorId()) && replaced < ended + (ending == null ? 0 : 1)) {
            replaced++;
            notifyAll();
        }
    }

    /**
     * Ends no more, and waits up to two minutes until others have come for those that were ended.
     *
     * @return what has happened
     */
    public Result finish() {
        return finish(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    }

    synchronized Result finish(long patienceMillis) {
        closing = true;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        long left = patienceMillis;
        try {
            while ((ending != null || replaced < ended) && left > 0) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new Result(inTheMiddle, ended - inTheMiddle, replaced, refused);
    }

    @Override
    public void close() {
        stopListening.accept(this);
        killer.shutdown();
    }
}
