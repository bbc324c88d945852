/** No API. Functions of SQL on tensors: exact moments, and batch norm with them or with a state. */
@NullMarked
package io.github.sparkbatchnorm.sql.tensor;

import org.jspecify.annotations.NullMarked;
