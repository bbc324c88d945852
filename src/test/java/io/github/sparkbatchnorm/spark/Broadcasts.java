package io.github.sparkbatchnorm.spark;

import java.io.Serializable;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BroadcastBlockId;
import scala.Option;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** The broadcasts of this library that are made from now on; those of Spark itself, such as of tasks, do not count. */
public final class Broadcasts implements AutoCloseable {
    private static final int MAX_SECONDS = 30;

    private final SparkContext context;
    private final Set<BlockId> before;
    private final Semaphore updates = new Semaphore(0);
    private final SparkListener listener = new SparkListener() {
        @Override
        public void onBlockUpdated(SparkListenerBlockUpdated update) {
            updates.release();
        }
    };

    public Broadcasts(SparkContext context) {
        this.context = context;
        this.before = all();
        context.addSparkListener(listener);
    }

    /** How many hold a value in the block manager. */
    public int count() {
        Set<BlockId> now = all();
        now.removeAll(before);
        return now.size();
    }

    /** Whether none holds a value any more. Spark removes values in the background: each removal is waited for. */
    public boolean areGone() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        while (count() > 0) {
            if (System.nanoTime() > end) {
                return false;
            }
            updates.tryAcquire(1, TimeUnit.SECONDS); // Spark drops events when its queue is full
        }
        return true;
    }

    private static Set<BlockId> all() {
        return CollectionConverters.asJava(
                        SparkEnv.get().blockManager().master().getMatchingBlockIds(new IsBroadcast(), true))
                .stream()
                .filter(Broadcasts::isOurs)
                .collect(Collectors.toSet());
    }

    /** Reads without a lock: a reader's lock that meets Spark's removal of the block fails, or keeps the value. */
    private static boolean isOurs(BlockId block) {
        Option<Iterator<Object>> values =
                SparkEnv.get().blockManager().memoryStore().getValues(block);
        return values.isDefined() && values.get().next().getClass().getName().startsWith("io.github.sparkbatchnorm");
    }

    @Override
    public void close() {
        context.removeSparkListener(listener);
    }

    private static final class IsBroadcast extends AbstractFunction1<BlockId, Object> implements Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Object apply(BlockId block) {
            return block instanceof BroadcastBlockId broadcast
                    && broadcast.field().isEmpty();
        }
    }
}
