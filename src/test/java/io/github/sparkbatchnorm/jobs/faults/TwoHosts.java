package io.github.sparkbatchnorm.jobs.faults;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.master.Master;
import org.apache.spark.deploy.worker.Worker;
import org.apache.spark.rpc.RpcEnv;
import scala.Option;

/**
 * A standalone cluster in this process: a master, and two workers on hosts of their own, by the many addresses that the
 * loopback device has. Each has room for one executor of one core, which is a process. Spark starts a copy of a task on
 * another host only, so {@code local-cluster} would have no copies.
 */
final class TwoHosts implements AutoCloseable {
    static final int EXECUTORS = 2;
    /** One of the hosts. */
    static final String SECOND = "127.0.0.2";

    private static final int MEGABYTES = 1024;
    private static final String EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend";

    private final RpcEnv master;
    private final List<RpcEnv> workers = new ArrayList<>();

    /** @param work where the workers write the logs of executors */
    TwoHosts(Path work) {
        SparkConf conf = new SparkConf().set("spark.deploy.maxExecutorRetries", "-1");
        master = Master.startRpcEnvAndEndpoint("127.0.0.1", 0, 0, conf)._1();
        for (int host = 1; host <= EXECUTORS; host++) {
            workers.add(Worker.startRpcEnvAndEndpoint(
                    "127.0.0." + host,
                    0,
                    0,
                    1,
                    MEGABYTES,
                    new String[] {url()},
                    work.toString(),
                    Option.apply(host),
                    conf,
                    Option.empty()));
        }
    }

    /** The address of the master, as {@code spark.master} has it. */
    String url() {
        return master.address().toSparkURL();
    }

    @Override
    public void close() {
        for (RpcEnv worker : workers) {
            worker.shutdown();
        }
        master.shutdown();
    }

    /** The processes of the executors. */
    static List<ProcessHandle> executorProcesses() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().commandLine().orElse("").contains(EXECUTOR))
                .filter(ProcessHandle::isAlive)
                .toList();
    }

    /** Kills executors as {@code kill -9} does. */
    static void kill(List<ProcessHandle> executors) {
        if (executors.isEmpty()) {
            throw new IllegalStateException("there is no executor to kill");
        }
        executors.forEach(ProcessHandle::destroyForcibly);
        executors.forEach(executor -> executor.onExit().join());
    }
}
