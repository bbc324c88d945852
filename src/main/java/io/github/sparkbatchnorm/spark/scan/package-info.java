/**
 * The pass over a data set: rows are added up on the executors, and the sums become the statistics or the gradients of
 * each global batch.
 *
 * <p>No API: the classes are public for the other packages of {@code spark}, and may change in any version.
 *
 * <p>A pass runs so: {@code ScanPass} has its {@code ScanInput} scanned, where each task is a {@code PartitionScan}
 * that makes {@code Partial}s; these are combined, or merged by batch ({@code BatchMerge}, {@code MergedBatches}); the
 * {@code ScanPlan} rounds the sums of a batch to a {@code BatchResult}; {@code ScanChecks} fails the pass where rows
 * cannot be used.
 */
@NullMarked
package io.github.sparkbatchnorm.spark.scan;

import org.jspecify.annotations.NullMarked;
