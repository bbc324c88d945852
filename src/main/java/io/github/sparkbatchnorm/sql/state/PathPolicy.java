package io.github.sparkbatchnorm.sql.state;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.SparkContext;

/**
 * Which paths users of SQL may name, since files are read and written with the rights of Spark's driver: the setting
 * {@code spark.batchnorm.paths} of the application. A session cannot change it.
 */
public enum PathPolicy {
    /** Any path: the default. */
    ANY,
    /** States by name, in the folder of models; outputs as tables: the default where a Connect server runs. */
    MODELS,
    /** No states and no outputs in files. */
    NONE;

    /** The name of the setting. */
    public static final String SETTING = "spark.batchnorm.paths";

    private static final String CONNECT = "org.apache.spark.sql.connect.service.SparkConnectService$";

    /**
     * {@return the policy of an application}
     *
     * @param context of the application, whose own settings count
     * @throws BatchNormException if the setting is none of the policies
     */
    public static PathPolicy of(SparkContext context) {
        String given = context.getConf().get(SETTING, connectRuns() ? "models" : "any");
        for (PathPolicy policy : values()) {
            if (policy.toString().equals(given)) {
                return policy;
            }
        }
        throw new BatchNormException(SETTING + " is '" + given + "'; expected any, models or none");
    }

    /** Whether a Connect server runs in this process; what cannot be asked counts as one. */
    private static boolean connectRuns() {
        Optional<Class<?>> service = connectService();
        try {
            return service.isPresent()
                    && (boolean) service.get()
                            .getMethod("started")
                            .invoke(service.get().getField("MODULE$").get(null));
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** The server's class, wherever it is: in Spark's installation, or beside our jar. */
    private static Optional<Class<?>> connectService() {
        for (ClassLoader loader : new ClassLoader[] {
            Thread.currentThread().getContextClassLoader(),
            PathPolicy.class.getClassLoader(),
            SparkContext.class.getClassLoader()
        }) {
            try {
                return Optional.of(Class.forName(CONNECT, true, loader));
            } catch (ClassNotFoundException e) {
                // Another loader may know it.
            }
        }
        return Optional.empty();
    }

    /**
     * Checks that a user may name a path.
     *
     * @param what the argument that names it, for the message
     * @param path of a state or an output
     * @param instead what to give under {@link #MODELS}
     * @throws BatchNormException if not
     */
    public void requirePath(String what, String path, String instead) {
        if (this != ANY) {
            throw new BatchNormException(
                    what + " is the path " + path + ", and " + SETTING + " is " + this + "; expected "
                            + (this == MODELS ? instead : "no files") + ", or another setting when Spark starts");
        }
    }

    /**
     * Checks that a user may name a state in the folder of models.
     *
     * @throws BatchNormException if not
     */
    public void requireStates() {
        if (this == NONE) {
            throw new BatchNormException("states are files, and " + SETTING
                    + " is none; expected models or any, which is set when Spark starts");
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
