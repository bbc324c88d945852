package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.regression.suite.Suite;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a suite and its size. */
final class SuiteOptions {
    private static final String QUICK = "quick";
    private static final String FOLDER = "batchnorm.suites";
    private static final String RESOURCES = "/io/github/sparkbatchnorm/regression/suite/";

    @Option(order = 1, names = "--suite", paramLabel = "NAME", description = "quick (default), full or cluster.")
    @Nullable
    String suite;

    @Option(order = 2, names = "--suite-file", paramLabel = "FILE", description = "A suite of one's own.")
    @Nullable
    Path suiteFile;

    @Option(
            order = 4,
            names = "--rows",
            paramLabel = "N",
            description = "Rows of the suite, such as 1e8; its cases have parts or multiples of them.")
    @Nullable
    String rows;

    @Option(order = 5, names = "--channels", paramLabel = "N", description = "Channels of the suite, likewise.")
    int channels;

    /**
     * Checks the size.
     *
     * @throws UsageException if it is wrong
     */
    void check() {
        if (channels < 0) {
            throw new UsageException("--channels is " + channels + "; expected 1 or more");
        }
        rows();
    }

    /** The rows that are given; 0 for those of the suite. */
    long rows() {
        return rows == null ? 0 : count(rows);
    }

    /** The name of the suite. */
    String name() {
        return suiteFile == null ? suite == null ? QUICK : suite : String.valueOf(suiteFile.getFileName());
    }

    /** The options as words. */
    String words() {
        return (suiteFile == null ? " --suite " + name() : " --suite-file " + suiteFile)
                + (rows == null ? "" : " --rows " + rows)
                + (channels == 0 ? "" : " --channels " + channels);
    }

    /**
     * Reads the suite.
     *
     * @throws UsageException if there is no such suite
     * @throws BatchNormException if the file is no suite
     */
    Suite read() {
        if (suite != null && suiteFile != null) {
            throw new UsageException("both --suite and --suite-file are given; give one of them");
        }
        try {
            if (suiteFile != null) {
                return Suite.read(Files.readString(suiteFile), suiteFile.toString());
            }
            return named(name());
        } catch (NoSuchFileException e) {
            throw new UsageException("--suite-file " + suiteFile + " does not exist; check the path");
        } catch (IOException e) {
            throw new BatchNormException(name() + " cannot be read: " + ErrorLine.reason(e), e);
        }
    }

    /** A suite of the folder that the launcher names; else of this jar. */
    private static Suite named(String name) throws IOException {
        String file = name + ".json";
        String suites = System.getProperty(FOLDER);
        if (suites != null) {
            Path path = Path.of(suites, file);
            if (Files.exists(path)) {
                return Suite.read(Files.readString(path), path.toString());
            }
        } else {
            try (InputStream in = SuiteOptions.class.getResourceAsStream(RESOURCES + file)) {
                if (in != null) {
                    return Suite.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), file);
                }
            }
        }
        throw new UsageException("there is no suite '" + name + "'; expected quick, full or cluster, or --suite-file");
    }

    /** A whole number, perhaps written as 1e8. */
    private static long count(String text) {
        return CountConverter.read(text)
                .filter(count -> count > 0)
                .orElseThrow(() -> new UsageException(
                        "--rows is '" + text + "'; expected a whole number, 1 or more, such as 1000000 or 1e6"));
    }
}
