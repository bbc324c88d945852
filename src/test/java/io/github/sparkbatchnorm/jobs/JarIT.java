package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is in the jars that are given to others. */
final class JarIT {
    private static final Pattern EXPECTED = Pattern.compile(
            "META-INF/(MANIFEST\\.MF|LICENSE|services/.*|maven/.*)?|examples/.*|io/.*|org/(jspecify/.*)?");

    @Test
    void onlyWhatIsOfUseToOthersIsInTheJars() throws Exception {
        int jars = 0;
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(Launcher.PROJECT.resolve("target"), "spark-batchnorm{,_2.13-*}.jar")) {
            for (Path file : files) {
                jars++;
                try (JarFile jar = new JarFile(file.toFile())) {
                    assertThat(jar.getEntry("META-INF/LICENSE"))
                            .as(file.toString())
                            .isNotNull();
                    assertThat(jar.stream().map(entry -> entry.getName()).filter(name -> !EXPECTED.matcher(name)
                                    .matches()))
                            .as(file.toString())
                            .isEmpty();
                }
            }
        }
        assertThat(jars).isEqualTo(2);
    }
}
