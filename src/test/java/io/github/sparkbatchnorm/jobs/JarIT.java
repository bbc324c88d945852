package io.github.sparkbatchnorm.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What is in the jars that are given to others. */
final class JarIT {
    private static final Path POM = Launcher.PROJECT.resolve("pom.xml");

    @ParameterizedTest
    @ValueSource(strings = {"", "-core", "-testing", "-all", "-sources", "-javadoc"})
    void everyJarHasTheLicenseAndTheNotice(String classifier) throws Exception {
        assertThat(read(classifier, "META-INF/LICENSE")).isEqualTo(text("LICENSE"));
        assertThat(read(classifier, "META-INF/NOTICE"))
                .isEqualTo(text("src/main/resources/META-INF/NOTICE"))
                .contains("picocli", "ascii-table", "Permission is hereby granted", "JSpecify", "digits.jsonl");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ':',
            quoteCharacter = '`',
            value = {
                "``      : sparkbatchnorm\\.py|io/github/sparkbatchnorm/(?!shaded|testing).*|META-INF/services/org.apache.spark.*",
                "-testing: io/github/sparkbatchnorm/testing/.*",
                "-core   : io/github/sparkbatchnorm/(stats|layer|io)/.*",
                "-all    : sparkbatchnorm\\.py|io/github/sparkbatchnorm/(?!testing).*|org/jspecify/.*|examples/(digits\\.jsonl|README\\.md)|"
                        + "META-INF/services/org.apache.spark.*",
                "-sources: sparkbatchnorm\\.py|io/github/sparkbatchnorm/(?!shaded).*\\.java|io/github/sparkbatchnorm/regression/suite/.*\\.json|"
                        + "META-INF/services/org.apache.spark.*",
            })
    void nothingElseIsInAJar(String classifier, String expected) throws Exception {
        Predicate<String> others = Pattern.compile(
                        "META-INF/(MANIFEST\\.MF|LICENSE|NOTICE|maven/.*/pom\\.(xml|properties))|" + expected)
                .asMatchPredicate();
        assertThat(names(classifier)).filteredOn(others.negate()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-all", "-sources"})
    void pythonImportsItsModuleFromTheRootOfAJar(String classifier) throws Exception {
        assertThat(read(classifier, "sparkbatchnorm.py")).isEqualTo(text("src/main/python/sparkbatchnorm.py"));
    }

    @Test
    void theLibraryAndTheAssertionsAreAllClasses() throws Exception {
        Path classes = Launcher.PROJECT.resolve("target/classes");
        try (var files = Files.walk(classes)) {
            assertThat(Stream.of("", "-testing").flatMap(classifier -> names(classifier).stream()))
                    .containsAll(files.map(classes::relativize)
                            .map(Path::toString)
                            .filter(name -> name.endsWith(".class"))
                            .toList());
        }
        assertThat(names("-testing")).contains("io/github/sparkbatchnorm/testing/DatasetAssert.class");
    }

    @Test
    void coreHasItsThreePackages() throws Exception {
        Predicate<String> core = name -> name.matches("io/github/sparkbatchnorm/(stats|layer|io)/.*\\.class");
        assertThat(names("-core"))
                .filteredOn(name -> name.endsWith(".class"))
                .containsExactlyInAnyOrderElementsOf(
                        names("").stream().filter(core).toList());
    }

    @Test
    void allHasTheExamplesDataWithItsAttribution() throws Exception {
        assertThat(read("-all", "examples/digits.jsonl")).isEqualTo(text("jobs/examples/digits.jsonl"));
        assertThat(read("-all", "examples/README.md"))
                .isEqualTo(text("jobs/examples/README.md"))
                .contains("Alpaydin & Kaynak", "CC BY 4.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-core", "-testing", "-all"})
    void theManifestNamesTheModuleAndTheVersion(String classifier) throws Exception {
        try (JarFile jar = jar(classifier)) {
            Attributes manifest = jar.getManifest().getMainAttributes();
            // Both are on one module path.
            assertThat(manifest.getValue("Automatic-Module-Name"))
                    .isEqualTo("io.github.sparkbatchnorm" + (classifier.equals("-testing") ? ".testing" : ""));
            assertThat(manifest.getValue("Implementation-Version")).isEqualTo(child(pom(), "version"));
            assertThat(manifest.getValue("Main-Class"))
                    .isEqualTo(classifier.equals("-all") ? Main.class.getName() : null);
        }
    }

    @Test
    void theJavadocIsOfTheApi() throws Exception {
        assertThat(names("-javadoc"))
                .contains(
                        "index.html",
                        "io/github/sparkbatchnorm/stats/ChannelMoments.html",
                        "io/github/sparkbatchnorm/spark/training/BatchNormLayer.html",
                        "io/github/sparkbatchnorm/testing/DatasetAssert.html")
                .noneMatch(name -> name.startsWith("io/github/sparkbatchnorm/jobs/"));
    }

    @Test
    void aUserOfTheLibraryGetsOnlyAnnotations() throws Exception {
        NodeList dependencies =
                ((Element) pom().getElementsByTagName("dependencies").item(0)).getElementsByTagName("dependency");
        assertThat(IntStream.range(0, dependencies.getLength())
                        .mapToObj(i -> (Element) dependencies.item(i))
                        .filter(dependency -> child(dependency, "scope").isEmpty())
                        .filter(dependency -> !child(dependency, "optional").equals("true"))
                        .map(dependency -> child(dependency, "artifactId")))
                .containsExactly("jspecify");
    }

    /** The pom that is installed with the jars. */
    private static Element pom() throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(POM.toFile())
                .getDocumentElement();
    }

    private static String child(Element parent, String name) {
        NodeList children = parent.getChildNodes();
        return IntStream.range(0, children.getLength())
                .mapToObj(children::item)
                .filter(node -> node.getNodeName().equals(name))
                .map(node -> node.getTextContent())
                .findFirst()
                .orElse("");
    }

    private static JarFile jar(String classifier) throws IOException {
        return new JarFile(new File(Launcher.PROJECT.toFile(), "target/spark-batchnorm" + classifier + ".jar"));
    }

    /** The files in a jar. */
    private static List<String> names(String classifier) {
        try (JarFile jar = jar(classifier)) {
            return jar.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(entry -> entry.getName())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(String classifier, String name) throws IOException {
        try (JarFile jar = jar(classifier)) {
            assertThat(jar.getEntry(name)).as(jar.getName() + ": " + name).isNotNull();
            return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), UTF_8);
        }
    }

    private static String text(String file) throws IOException {
        return Files.readString(Launcher.PROJECT.resolve(file));
    }
}
