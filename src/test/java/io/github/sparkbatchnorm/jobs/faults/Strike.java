package io.github.sparkbatchnorm.jobs.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.api.java.UDF2;
import org.jspecify.annotations.Nullable;

/**
 * A function in a view, {@code strike(id, value)}, that gives its second argument, and in the pass and at the row that
 * the driver has ordered lets something happen to its task. The order is a local property, which Spark hands to tasks.
 */
public final class Strike implements UDF2<Long, Object, Object> {
    private static final long serialVersionUID = 1L;

    static final String ORDER = "test.strike";

    private static final String DESCRIPTION = "spark.job.description";
    private static final long PATIENCE = 120_000;

    /** What happens. */
    enum What {
        /** The first attempt writes its executor's process id into a file, and waits until the driver lets it go on. */
        WAITS,
        /** The first two attempts fail. */
        FAILS_TWICE,
        /** Every attempt fails. */
        FAILS,
        /** Every attempt on {@link TwoHosts#SECOND} fails, and those elsewhere wait as with {@link #WAITS}. */
        FAILS_ON_SECOND,
        /** The first attempt takes longer than anyone waits. */
        SLEEPS
    }

    /**
     * What the driver orders.
     *
     * @param pass words of the description of the jobs
     * @param id of the row; -1 for any row of the first partition, -2 for any at all
     * @param detail the folder by which the driver and a waiting task hear of each other
     */
    record Order(What what, String pass, long id, String detail) {
        String text() {
            return what + "|" + pass + "|" + id + "|" + detail;
        }

        static @Nullable Order of(@Nullable String text) {
            if (text == null) {
                return null;
            }
            String[] parts = text.split("\\|", -1);
            return new Order(What.valueOf(parts[0]), parts[1], Long.parseLong(parts[2]), parts[3]);
        }

        boolean isFor(TaskContext task, long row) {
            String description = task.getLocalProperty(DESCRIPTION);
            boolean here = id == row || id == -2 || (id == -1 && task.partitionId() == 0);
            return here && description != null && description.contains(pass);
        }
    }

    @Override
    public Object call(Long id, Object value) throws Exception {
        TaskContext task = TaskContext.get();
        Order order = task == null ? null : Order.of(task.getLocalProperty(ORDER));
        if (order != null && order.isFor(task, id)) {
            strike(order, task);
        }
        return value;
    }

    private static void strike(Order order, TaskContext task) throws Exception {
        boolean first = task.attemptNumber() == 0 && task.stageAttemptNumber() == 0;
        switch (order.what()) {
            case WAITS -> {
                if (first) {
                    await(Path.of(order.detail()));
                }
            }
            case FAILS_TWICE -> fail(task.attemptNumber() < 2);
            case FAILS -> fail(true);
            case FAILS_ON_SECOND -> {
                fail(SparkEnv.get().blockManager().blockManagerId().host().equals(TwoHosts.SECOND));
                await(Path.of(order.detail()));
            }
            case SLEEPS -> {
                if (first) {
                    Thread.sleep(PATIENCE);
                    throw new IllegalStateException("no other attempt was made meanwhile");
                }
            }
        }
    }

    private static void fail(boolean now) throws IOException {
        if (now) {
            throw new IOException("injected failure of a task");
        }
    }

    private static void await(Path folder) throws Exception {
        Path go = folder.resolve("go");
        if (!Files.exists(go)) {
            Path written = Files.writeString(
                    folder.resolve("reached.new"),
                    Long.toString(ProcessHandle.current().pid()));
            Files.move(written, folder.resolve("reached"));
        }
        for (long end = System.currentTimeMillis() + PATIENCE; !Files.exists(go); Thread.sleep(5)) {
            if (System.currentTimeMillis() > end) {
                throw new IllegalStateException("the driver did not let the task go on");
            }
        }
    }
}
