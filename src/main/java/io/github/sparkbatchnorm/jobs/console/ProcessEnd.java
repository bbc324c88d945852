package io.github.sparkbatchnorm.jobs.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.service.launcher.IrqHandler;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process with one line and its exit code when something other than the command ends it: SIGINT, SIGTERM or
 * SIGHUP, an error that kills a thread, a call of {@code System.exit} in Spark or a connector.
 *
 * <p>All of these lead to the JVM's shutdown: logging stops, Spark stops, outputs that were not published are
 * discarded, and the error line is printed last. {@link IrqHandler} belongs to Hadoop: the JDK's own class that tells
 * signals apart is one that javac warns of.
 */
public final class ProcessEnd {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessEnd.class);

    /** Runs before Spark stops, which has a priority 30 above that of Hadoop's file systems. */
    private static final int FIRST = FileSystem.SHUTDOWN_HOOK_PRIORITY + 50;
    /** Runs after everything else, Hadoop's file systems included. */
    private static final int LAST = 0;

    private static final int SIGNALLED = 128;

    /** HUP is the signal of a terminal that was closed. */
    private static final String[] SIGNALS = {IrqHandler.CONTROL_C, IrqHandler.SIGTERM, "HUP"};

    private final Console console;
    private final boolean verbose;
    /** Whether something other than a signal or an error ended the process. */
    private volatile boolean foreign;

    private ProcessEnd(Console console, boolean verbose) {
        this.console = console;
        this.verbose = verbose;
    }

    /**
     * Watches over this process from now on.
     *
     * @param verbose whether stack traces are printed
     */
    public static void watch(Console console, boolean verbose) {
        new ProcessEnd(console, verbose).watch();
    }

    /** Synchronized: something that ends the process meanwhile waits until all hooks are set. */
    private synchronized void watch() {
        for (String signal : SIGNALS) {
            try {
                new IrqHandler(signal, this::signalled).bind();
            } catch (IllegalArgumentException e) {
                LOG.debug("the JVM's options keep SIG{} for others", signal, e);
            }
        }
        Thread.setDefaultUncaughtExceptionHandler(this::uncaught);
        ShutdownHookManager.get().addShutdownHook(this::begin, FIRST);
        ShutdownHookManager.get().addShutdownHook(this::finish, LAST);
    }

    private void signalled(IrqHandler.InterruptData signal) {
        end(SIGNALLED + signal.getNumber(), "interrupted by SIG" + signal.getName());
    }

    /** Ends the process after an error in a thread of Spark, for which a job would wait for ever. */
    private void uncaught(Thread thread, Throwable failure) {
        if (!(failure instanceof Error)) {
            LOG.warn("an exception ended thread {}", thread.getName(), failure);
            return;
        }
        try {
            if (verbose) {
                failure.printStackTrace(console.err());
            }
            end(ExitCode.FAILED, ErrorLine.of(failure));
        } catch (Throwable e) {
            // There is not even the memory to shut down.
            Runtime.getRuntime().halt(ExitCode.FAILED);
        }
    }

    /** Ends the process in a new thread: the shutdown waits for threads of Spark, and this may be one of them. */
    private void end(int exit, String reason) {
        if (console.end().claim(exit, reason)) {
            new Thread(() -> exit(exit), "end").start();
        }
    }

    private synchronized void exit(int exit) {
        System.exit(exit);
    }

    private void begin() {
        foreign = console.end()
                .claim(ExitCode.FAILED, "the process was ended from within, by a library or a part of Spark");
        if (console.end().reason() != null && !verbose) {
            Configurator.setAllLevels(LogManager.ROOT_LOGGER_NAME, Level.OFF);
            // Scala prints the stack traces of what its stopped thread pools refuse.
            System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        }
    }

    private void finish() {
        RunEnd end = console.end();
        if (end.reason() != null) {
            console.err().println("error: " + end.reason() + "; " + end.changes());
            console.err().flush();
            if (foreign) {
                // System.exit was called with an exit code of something else.
                Runtime.getRuntime().halt(end.exit());
            }
        }
    }
}
