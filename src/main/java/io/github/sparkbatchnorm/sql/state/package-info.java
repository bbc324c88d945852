/** No API. State files as functions and tables of SQL. */
@NullMarked
package io.github.sparkbatchnorm.sql.state;

import org.jspecify.annotations.NullMarked;
