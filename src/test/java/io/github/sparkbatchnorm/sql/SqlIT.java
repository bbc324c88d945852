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
}
