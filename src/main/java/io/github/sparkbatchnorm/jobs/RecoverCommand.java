package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.publish.Recovery;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code recover}: finishes or takes back what a killed run was publishing. No Spark session is started. */
@Command(
        name = "recover",
        description = {
            "Finishes or takes back what a run was publishing when it was killed hard: either all new outputs are in"
                    + " place then, or all old ones.",
            "It reaches the stores that the jobs reach, with the same options before the command. It refuses a run that"
                    + " goes on, and what it cannot tell apart; then it changes nothing."
        },
        sortOptions = false,
        customSynopsis = "jobs/batchnorm [spark-submit options] recover PATH --finish|--restore",
        footer = {
            "%nExamples:",
            "  jobs/batchnorm recover hdfs:///normalized --finish",
            "  jobs/batchnorm recover state.json --restore"
        })
final class RecoverCommand extends SparkCommand {
    @Parameters(
            paramLabel = "PATH",
            description = "Any output of the run, or the folder _batchnorm-UUID that it left beside one.")
    String path = "";

    @Option(order = 1, names = "--finish", description = "Put all new outputs in place.")
    boolean finish;

    @Option(order = 2, names = "--restore", description = "Put all old outputs back.")
    boolean restore;

    RecoverCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        if (finish == restore) {
            throw new UsageException("give --finish for all new outputs, or --restore for all old ones");
        }
        new TargetPaths().input("PATH", path);
        // What Spark makes for the jobs: spark.hadoop.*, and the keys to stores in the environment.
        new Recovery(SparkHadoopUtil.get().newConfiguration(new SparkConf()), console)
                .recover(path, finish ? Recovery.Way.FINISH : Recovery.Way.RESTORE);
    }
}
