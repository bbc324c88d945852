package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.RunRecord;
import org.apache.hadoop.conf.Configuration;

/**
 * What one run of a job works with.
 *
 * @param source of the data
 * @param publisher of everything that the job writes to paths
 * @param json the target of the job's JSON
 * @param console takes warnings
 * @param record takes what is found, and when phases begin
 */
record JobRun(
        SparkScope spark, InputSource source, Publisher publisher, JsonTarget json, Console console, RunRecord record) {
    Configuration hadoop() {
        return spark.hadoopConfiguration();
    }
}
