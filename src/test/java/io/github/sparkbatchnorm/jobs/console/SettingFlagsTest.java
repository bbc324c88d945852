package io.github.sparkbatchnorm.jobs.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.xbean.asm9.ClassReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingFlagsTest {
    private static final int STRING_CONSTANT = 8;

    /** String constants of all classes outside of jobs, the texts of concatenations included. */
    private static final List<String> LIBRARY_TEXTS = new ArrayList<>();
    /**
     * What speaks to users of the command line, of SQL, of Spark ML or of tests of their own, and not in messages of
     * commands.
     */
    private static final Pattern OTHERS = Pattern.compile("/sparkbatchnorm/(jobs|ml|regression|sql|testing)/");

    @BeforeAll
    static void readLibraryClasses() throws IOException, URISyntaxException {
        URI classes = BatchNormException.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI();
        try (Stream<Path> files = Files.walk(Path.of(classes))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                if (!OTHERS.matcher(file.toString()).find()) {
                    addTexts(new ClassReader(Files.readAllBytes(file)));
                }
            }
        }
    }

    private static void addTexts(ClassReader reader) {
        char[] buffer = new char[reader.getMaxStringLength()];
        for (int i = 1; i < reader.getItemCount(); i++) {
            int offset = reader.getItem(i);
            if (offset > 0 && reader.readByte(offset - 1) == STRING_CONSTANT) {
                LIBRARY_TEXTS.add((String) reader.readConst(i, buffer));
            }
        }
    }

    @Test
    void theLibraryNamesNoOptionsOfTheCommandLine() {
        assertThat(LIBRARY_TEXTS)
                .hasSizeGreaterThan(100)
                .noneMatch(text -> Pattern.compile("--[a-z]").matcher(text).find());
    }

    @Test
    void everySettingThatTheLibraryAsksForHasAnOption() {
        List<String> settings = LIBRARY_TEXTS.stream()
                .flatMap(text -> SettingFlags.REQUEST.matcher(text).results())
                .map(request -> request.group(2))
                .distinct()
                .toList();
        assertThat(settings).contains("handleInvalid", "nonFinite", "spark.driver.memory");
        assertThat(settings).filteredOn(s -> !s.equals("the")).allMatch(SettingFlags::has);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    no rows; set shape                             | no rows; give --shape
                    expected a sample, or set handleInvalid to skip | expected a sample, or --handle-invalid skip
                    expected [3], or unset shape                   | expected [3], or leave --shape away
                    expected whole values: check dtype             | expected whole values: check --dtype
                    set spark.driver.memory to 2g or more          | give --driver-memory 2g or more
                    a set of values; check the file                | a set of values; check the file
                    reset shape, or set shapes                     | reset shape, or set shapes
                    """)
    void settingsInAMessageBecomeOptions(String message, String reworded) {
        assertThat(SettingFlags.reword(message)).isEqualTo(reworded);
    }

    @Test
    void aMessageFromAnExecutorIsReworded() {
        String task =
                "Lost task 0.0: " + BatchNormException.class.getName() + ": null; set nonFinite to ignore\n\tat x";
        assertThat(ErrorLine.of(new IllegalStateException(task))).isEqualTo("null; give --non-finite ignore");
    }
}
