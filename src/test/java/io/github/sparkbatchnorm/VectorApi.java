package io.github.sparkbatchnorm;

import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;

/**
 * Whether this JVM has the Vector API, for tests of the loops that use it.
 *
 * <p>The build runs these tests twice, in a JVM with the API and in one without, and tells each which one it is to be
 * by the system property {@code test.vector.api}.
 */
public final class VectorApi {
    private static final String MODULE = "jdk.incubator.vector";
    private static final String TOLD = System.getProperty("test.vector.api", "unknown");

    private VectorApi() {}

    /**
     * Whether this JVM has the API, on a machine with vectors of four doubles or more.
     *
     * @throws AssertionError if this is not the JVM that the build meant to start
     */
    public static boolean isExpected() {
        boolean present = ModuleLayer.boot().findModule(MODULE).isPresent();
        if (TOLD.equals(present ? "absent" : "present")) {
            throw new AssertionError("test.vector.api is " + TOLD + ", but the module " + MODULE + " is "
                    + (present ? "present" : "absent") + ": see --add-modules in the pom");
        }
        return present && System.getProperty("os.arch").equals("amd64");
    }

    /**
     * The loops that a JVM chose.
     *
     * @throws AssertionError if they are plain ones where the Vector API is expected: a comparison with plain loops
     *     would compare these with themselves
     */
    public static <T> T chosen(T best) {
        boolean isVector = best.getClass().getSimpleName().startsWith("Vector");
        if (isExpected() && !isVector) {
            throw new AssertionError(best.getClass() + " was chosen; expected loops of the Vector API");
        }
        return best;
    }

    /** The name of the class of {@code BEST} in a JVM that does not have it. */
    public static String bestWithoutIt(Class<?> loops) throws Exception {
        URL classes = loops.getProtectionDomain().getCodeSource().getLocation();
        ClassLoader without = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith(MODULE)) {
                    throw new ClassNotFoundException(name);
                }
                return super.loadClass(name, resolve);
            }
        };
        Field best = Class.forName(loops.getName(), true, without).getDeclaredField("BEST");
        best.setAccessible(true);
        return best.get(null).getClass().getSimpleName();
    }
}
