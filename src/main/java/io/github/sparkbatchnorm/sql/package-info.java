/**
 * No API. The catalog {@code bn} of Spark SQL: functions, procedures, and states as tables. Programs call it by SQL.
 */
@NullMarked
package io.github.sparkbatchnorm.sql;

import org.jspecify.annotations.NullMarked;
