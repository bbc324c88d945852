/**
 * Exact statistics by the big numbers of the JDK: the reference that the library is checked against, which shares no
 * code with it. No API.
 */
@NullMarked
package io.github.sparkbatchnorm.regression.exact;

import org.jspecify.annotations.NullMarked;
