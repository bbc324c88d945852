package io.github.sparkbatchnorm;

import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;

/** For tests of loops that use the Vector API where the JVM has it. */
public final class VectorApi {
    private static final String MODULE = "jdk.incubator.vector";

    private VectorApi() {}

    /** Whether this JVM has it, on a machine with vectors of four doubles or more. */
    public static boolean isExpected() {
        return ModuleLayer.boot().findModule(MODULE).isPresent()
                && System.getProperty("os.arch").equals("amd64");
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
