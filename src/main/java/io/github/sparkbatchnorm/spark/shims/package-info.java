/**
 * Code that depends on the version of Spark or Parquet, all in one place. No API.
 *
 * <p>Written for Spark 4.1 and Parquet 1.16. Each class needs internal classes, and does this where they differ:
 *
 * <ul>
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.RowSource} reads physical plans: {@code ColumnarToRowExec} over
 *       {@code FileSourceScanExec} or {@code BatchScanExec}. Any other plan is executed by rows.
 *   <li>{@code BatchColumns}, {@link io.github.sparkbatchnorm.spark.shims.SourceBatch} and
 *       {@link io.github.sparkbatchnorm.spark.shims.BytesInPlace} read column vectors in place: the exact classes of
 *       Spark's Parquet and ORC readers, and the layout of {@code WritableColumnVector}. Batches of other vectors
 *       become rows.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.ArrayParquetFormat},
 *       {@link io.github.sparkbatchnorm.spark.shims.ArrayWriteSupport} and {@code LastColumn} extend Spark's Parquet
 *       source and need the column writers in the record consumer of Parquet 1.16.0. With any other Parquet, Spark's
 *       own writer writes all.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.ScannedFiles} reads logical plans: {@code LogicalRelation}s of
 *       files. Files that other nodes read in subqueries are not told.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.ReadTables} reads logical plans in the same way; it does not tell
 *       the paths of other sources.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.QueryPlans} asks logical plans whether they are deterministic.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.OperatorRecorder} reads executed plans. Wrappers of other versions
 *       would show as operators.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.EventQueue} waits for Spark's own queue of events.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.ReplacedExecutors} asks the scheduler's backend to end executors.
 *   <li>{@link io.github.sparkbatchnorm.spark.shims.Secrets} finds secrets by Spark's own patterns.
 * </ul>
 */
@NullMarked
package io.github.sparkbatchnorm.spark.shims;

import org.jspecify.annotations.NullMarked;
