package io.github.sparkbatchnorm.regression.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;
import scala.util.Properties;

/** What a run ran on, of the driver and the settings of Spark. */
public final class Environment {
    private static final Path CPU = Path.of("/proc/cpuinfo");
    private static final Pattern SETTINGS = Pattern.compile(
            "spark\\.(plugins|serializer|shuffle\\.|executor\\.(memory|cores|instances|extraJavaOptions)|memory\\.|io\\."
                    + "|speculation|dynamicAllocation\\.enabled|sql\\.|task\\.cpus|batchnorm\\.).*");
    private static final Pattern SECRET = Pattern.compile("(?i).*(secret|password|token|credential|\\.key).*");

    private Environment() {}

    /**
     * {@return versions, machine and settings by name, in an order for people}
     *
     * @param context of the run
     */
    public static Map<String, String> of(JavaSparkContext context) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("spark", context.version());
        environment.put("scala", Properties.versionNumberString());
        environment.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        environment.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        environment.put("cpu", cpu());
        environment.put("master", context.master());
        environment.put("cores", Integer.toString(context.defaultParallelism()));
        int executors = context.sc().getExecutorMemoryStatus().size();
        environment.put("executors", Integer.toString(context.isLocal() ? 1 : executors - 1));
        SparkConf conf = context.getConf();
        Map<String, String> settings = new TreeMap<>();
        for (Tuple2<String, String> setting : conf.getAll()) {
            if (SETTINGS.matcher(setting._1).matches()
                    && !SECRET.matcher(setting._1).matches()) {
                settings.put(setting._1, setting._2);
            }
        }
        environment.putAll(settings);
        return environment;
    }

    private static String cpu() {
        try (Stream<String> lines = Files.lines(CPU)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /**
     * {@return what differs, in words}
     *
     * @param before an environment
     * @param after another
     */
    public static List<String> differences(Map<String, String> before, Map<String, String> after) {
        Map<String, String> all = new LinkedHashMap<>(before);
        after.forEach(all::putIfAbsent);
        return all.keySet().stream()
                .filter(key -> !before.getOrDefault(key, "none").equals(after.getOrDefault(key, "none")))
                .map(key -> key + " " + before.getOrDefault(key, "none") + " -> " + after.getOrDefault(key, "none"))
                .toList();
    }
}
