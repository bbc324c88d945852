package io.github.sparkbatchnorm.jobs.console;

import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * A run that waits for ever, and what may end it meanwhile: the first argument says what, the second where to write.
 */
public final class ProcessEndProgram {
    private ProcessEndProgram() {}

    public static void main(String[] args) throws InterruptedException {
        Console console = new Console(System.out, System.err);
        ProcessEnd.watch(console, false);
        if (args[0].equals("trace")) {
            // As Scala's thread pools do when they are stopped.
            ShutdownHookManager.get()
                    .addShutdownHook(
                            () -> new IllegalStateException("rejected").printStackTrace(),
                            FileSystem.SHUTDOWN_HOOK_PRIORITY + 30);
        }
        Publisher publisher = new Publisher(new Configuration(), false, console);
        PublishTarget file = publisher.addFile("--json", args[1] + "/new/out", false);
        publisher.prepare();
        publisher.write(file, out -> out.write('1'));
        if (args[0].equals("itself")) {
            publisher.close();
            console.error(3, "it failed by itself");
            System.exit(console.end().exit());
        }
        new Thread(() -> act(args[0], publisher)).start();
        new CountDownLatch(1).await();
    }

    private static void act(String what, Publisher publisher) {
        switch (what) {
            case "error" -> throw new OutOfMemoryError("Java heap space");
            case "joined" -> {
                Thread failing = Thread.currentThread();
                // As Spark's hook does with threads of its own.
                ShutdownHookManager.get()
                        .addShutdownHook(
                                () -> join(failing), FileSystem.SHUTDOWN_HOOK_PRIORITY + 30, 1, TimeUnit.HOURS);
                throw new OutOfMemoryError("Java heap space");
            }
            case "exception" -> throw new IllegalStateException("of no consequence");
            case "exit" -> System.exit(52);
            case "published" -> {
                publisher.publish();
                throw new StackOverflowError();
            }
            default -> System.out.println("waiting");
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
