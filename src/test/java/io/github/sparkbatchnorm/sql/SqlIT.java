package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SQL in a Spark that got the library by {@code --jars}: its classes are not on the class path that Spark has. */
final class SqlIT {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final Path PAGE = PROJECT.resolve("src/site/markdown/sql.md");
    private static final Pattern STATEMENT =
            Pattern.compile("```sql\\n(.*?)\\n```(?:\\n+```text\\n(.*?)\\n```)?", Pattern.DOTALL);

    @TempDir
    private Path folder;

    /** A statement of the page, and what the page says that it shows. */
    record Example(String statement, String shows) {
        void assertShown(String shown) {
            if (shows.isEmpty()) {
                assertThat(shown).as(statement).doesNotContain("error: ");
            } else {
                assertThat(shown).as(statement).isEqualTo(shows);
            }
        }
    }

    /** The statements of the page, in order, which read {@code jobs/examples}. */
    static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        Matcher found = STATEMENT.matcher(Files.readString(PAGE));
        while (found.find()) {
            examples.add(new Example(found.group(1), found.group(2) == null ? "" : found.group(2)));
        }
        return examples;
    }

    private void assertPageIsTrue(String master) throws Exception {
        Files.createSymbolicLink(folder.resolve("jobs"), PROJECT.resolve("jobs"));
        List<Example> examples = examples();
        assertThat(examples).hasSizeGreaterThan(9);
        List<String> shown = new SqlSubmit(folder, master)
                .run(examples.stream().map(Example::statement).toList());
        for (int i = 0; i < shown.size(); i++) {
            examples.get(i).assertShown(shown.get(i));
        }
    }

    @Test
    void thePageIsTrueInOneProcess() throws Exception {
        assertPageIsTrue("local[2]");
    }

    @Test
    @Tag("full")
    void thePageIsTrueOnExecutors() throws Exception {
        assertPageIsTrue("local-cluster[2,1,1024]");
    }

    /**
     * States of aggregates are serialized, and a permanent view is analyzed anew: both meet the class loader of jars.
     */
    @ParameterizedTest
    @ValueSource(strings = {"local[2]", "local-cluster[2,1,1024]"})
    @Tag("full")
    void statesOfManyGroupsAndViewsLoadOurClasses(String master) throws Exception {
        String rows = "(SELECT id % 1000 g, array(sin(id), id / 3) x, id FROM range(0, 50000, 1, 8))";
        List<String> shown = new SqlSubmit(folder, master)
                .run(
                        List.of(
                                "CREATE TABLE parts AS SELECT g, bn.moments_agg(x) m, bn.exact_var_pop(id) v FROM "
                                        + rows + " GROUP BY g",
                                "SELECT bn.moments_merge_agg(m) = (SELECT bn.moments_agg(x) FROM " + rows
                                        + ") same, count(*) n FROM parts",
                                "CREATE VIEW scaled AS SELECT g, bn.normalize(x, m) y FROM " + rows
                                        + " JOIN parts USING (g)",
                                "SELECT count(*) n, count(y) m FROM scaled",
                                "SELECT count(DISTINCT m) n FROM (SELECT bn.moments_agg(x) OVER (PARTITION BY g) m FROM "
                                        + rows + ")",
                                "SELECT bn.moments_agg(if(id = 7, array(1D), x)) FROM " + rows,
                                "CALL bn.system.fit(table => 'scaled', column => 'y', state => 'state')",
                                "SELECT bn.state(y)[0] IS NOT NULL ok FROM scaled LIMIT 1"),
                        "spark.sql.catalog.bn.models=models",
                        "spark.memory.offHeap.enabled=false",
                        "spark.sql.objectHashAggregate.sortBased.fallbackThreshold=10");
        assertThat(shown.get(1)).contains("|true|1000|");
        assertThat(shown.get(3)).contains("|50000|50000|");
        assertThat(shown.get(4)).contains("|1000|");
        assertThat(shown.get(5))
                .contains("samples of C = ")
                .contains("expected one number of channels: group by what tells them apart");
        assertThat(shown.get(6)).contains("|state|models/state.json|50000|2       |1      |sha256:");
        assertThat(shown.get(7)).contains("|true|");
    }

    @Test
    @Tag("full")
    void theCatalogCanBeTurnedOff() throws Exception {
        List<String> shown = new SqlSubmit(folder, "local[1]")
                .run(List.of("SELECT bn.exact_sum(1)", "SELECT 1 one"), "spark.batchnorm.catalog=false");
        assertThat(shown.get(0)).contains("error: ").contains("bn");
        assertThat(shown.get(1)).contains("|1  |");
    }
}
