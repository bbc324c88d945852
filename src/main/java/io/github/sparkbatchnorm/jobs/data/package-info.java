/** What a command reads and writes: input of every format, its checks, the output. No API. */
@NullMarked
package io.github.sparkbatchnorm.jobs.data;

import org.jspecify.annotations.NullMarked;
