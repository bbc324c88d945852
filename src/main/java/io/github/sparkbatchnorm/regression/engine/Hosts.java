package io.github.sparkbatchnorm.regression.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The executors, each with the bits that it computes: one whose bits differ has a broken processor or memory.
 *
 * @param reached the executors that tasks reached: {@code 3 on HOST}, in their order
 * @param different those of them whose result was not the expected one, with how often
 * @param notReached the addresses of executors that no task reached
 */
public record Hosts(List<String> reached, List<String> different, List<String> notReached) {
    private static final int TASKS_PER_CORE = 4;
    private static final int REPEATS = 200;

    /**
     * Runs a fixed block many times on each executor that tasks reach.
     *
     * @param context of the executors
     * @return what they computed
     */
    public static Hosts check(JavaSparkContext context) {
        String expected = HostBlock.run();
        int tasks = TASKS_PER_CORE * Math.max(1, context.defaultParallelism());
        List<String> reports = context.parallelize(Collections.nCopies(tasks, expected), tasks)
                .map(Hosts::repeat)
                .collect();
        Map<String, Integer> wrong = new TreeMap<>();
        TreeSet<String> addresses = new TreeSet<>();
        for (String report : reports) {
            String[] parts = report.split("\t", -1);
            wrong.merge(parts[0] + " on " + parts[1], Integer.parseInt(parts[3]), Integer::sum);
            addresses.add(parts[2]);
        }
        List<String> different = new ArrayList<>();
        wrong.forEach((executor, times) -> {
            if (times > 0) {
                different.add("executor " + executor + " (" + times + " times)");
            }
        });
        return new Hosts(List.copyOf(wrong.keySet()), different, notReached(context, addresses));
    }

    private static List<String> notReached(JavaSparkContext context, TreeSet<String> reached) {
        TreeSet<String> known = new TreeSet<>(CollectionConverters.asJava(
                context.sc().getExecutorMemoryStatus().keySet()));
        if (!context.isLocal()) {
            known.remove(address()); // the driver's
        }
        known.removeAll(reached);
        return List.copyOf(known);
    }

    private static String repeat(String expected) throws UnknownHostException {
        int wrong = 0;
        for (int i = 0; i < REPEATS; i++) {
            if (!HostBlock.run().equals(expected)) {
                wrong++;
            }
        }
        String host = InetAddress.getLocalHost().getHostName();
        return SparkEnv.get().executorId() + "\t" + host + "\t" + address() + "\t" + wrong;
    }

    private static String address() {
        return SparkEnv.get().blockManager().blockManagerId().hostPort();
    }
}
