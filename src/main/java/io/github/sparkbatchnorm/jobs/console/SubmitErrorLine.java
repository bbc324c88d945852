package io.github.sparkbatchnorm.jobs.console;

import java.util.Arrays;
import org.apache.hadoop.service.launcher.IrqHandler;
import org.jspecify.annotations.Nullable;

/**
 * Prints one line on standard error when something ends spark-submit before it starts {@code Main}, such as a package
 * that cannot be resolved or a signal. The launcher gives this class to the JVM as an agent, in a jar of its own; it
 * uses only the JDK and what is on the class path of every Spark.
 */
public final class SubmitErrorLine implements Thread.UncaughtExceptionHandler {
    private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
    private static final String PACKAGES = "org.apache.spark.util.MavenUtils";

    private static final int SIGNALLED = 128;

    private SubmitErrorLine() {}

    /** Watches the thread that will run spark-submit, and the signals until {@code Main} does. */
    public static void premain(@Nullable String argument) {
        Thread.currentThread().setUncaughtExceptionHandler(new SubmitErrorLine());
        endAt(IrqHandler.CONTROL_C);
        endAt(IrqHandler.SIGTERM);
        endAt("HUP");
    }

    private static void endAt(String signal) {
        try {
            new IrqHandler(signal, SubmitErrorLine::end).bind();
        } catch (IllegalArgumentException e) {
            return; // the JVM's options keep the signal for others
        }
    }

    private static void end(IrqHandler.InterruptData signal) {
        System.err.println("error: interrupted by SIG" + signal.getName() + "; nothing was changed");
        Runtime.getRuntime().halt(SIGNALLED + signal.getNumber());
    }

    @Override
    public void uncaughtException(Thread thread, Throwable failure) {
        System.err.println("error: " + of(failure));
        if (System.getProperty("batchnorm.log", "").equals("verbose")) {
            failure.printStackTrace();
        }
        System.exit(isUsage(failure) ? ExitCode.USAGE : ExitCode.FAILED);
    }

    /** The message for a failure of spark-submit in one line. */
    static String of(Throwable failure) {
        String message = message(failure);
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        if (!message.contains(message(root))) {
            message += ": " + message(root);
        }
        if (isUsage(failure)) {
            return message;
        }
        boolean packages = Arrays.stream(failure.getStackTrace())
                .anyMatch(frame -> frame.getClassName().startsWith(PACKAGES));
        return packages
                ? "--packages: " + message + "; check their names, --repositories and the network"
                : "spark-submit: " + message;
    }

    /** Whether spark-submit throws the failure for wrong options. */
    static boolean isUsage(Throwable failure) {
        StackTraceElement[] frames = failure.getStackTrace();
        return frames.length > 0
                && frames[0].getClassName().startsWith(SUBMIT)
                && frames[0].getMethodName().equals("error");
    }

    private static String message(Throwable t) {
        String message = t.getMessage() == null ? "" : t.getMessage().strip();
        String name = t.getClass().getSimpleName();
        if (message.isEmpty()) {
            return name;
        }
        String line = message.replaceAll("\\s*[\\r\\n]+\\s*", " ");
        return line.contains(" ") ? line : name + ": " + line;
    }
}
