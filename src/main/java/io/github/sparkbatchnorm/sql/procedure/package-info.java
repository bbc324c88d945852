/**
 * The procedures of the catalog: {@code CALL bn.system.fit(..)} runs the job that the command line runs, in the
 * caller's session. No API: what a script may depend on are the procedures, their parameters and results.
 */
@NullMarked
package io.github.sparkbatchnorm.sql.procedure;

import org.jspecify.annotations.NullMarked;
