/** The report of a run as JSON, its comparison with an earlier one, and JUnit's XML. No API. */
@NullMarked
package io.github.sparkbatchnorm.regression.report;

import org.jspecify.annotations.NullMarked;
